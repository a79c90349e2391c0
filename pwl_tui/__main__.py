"""``python -m pwl_tui`` is ``pwl-tui``."""

import sys

from pwl_tui.cli.main import main

sys.exit(main())
