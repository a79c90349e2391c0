"""The style sheets: what the first frame needs, and everything else, which is read after it."""

from pathlib import Path
from typing import Final

HOME_STYLES: Final = Path(__file__).parent / "home.tcss"
SCREEN_STYLES: Final = Path(__file__).parent / "screens.tcss"
