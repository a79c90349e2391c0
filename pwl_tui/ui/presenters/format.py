"""Until all imports name `pwl_tui.wording.figures`."""

from pwl_tui.wording.figures import (
    age as age,
)
from pwl_tui.wording.figures import (
    ago as ago,
)
from pwl_tui.wording.figures import (
    brief as brief,
)
from pwl_tui.wording.figures import (
    change as change,
)
from pwl_tui.wording.figures import (
    counted as counted,
)
from pwl_tui.wording.figures import (
    duration as duration,
)
from pwl_tui.wording.figures import (
    grouped as grouped,
)
from pwl_tui.wording.figures import (
    moment as moment,
)
from pwl_tui.wording.figures import (
    pace as pace,
)
from pwl_tui.wording.figures import (
    percent as percent,
)
from pwl_tui.wording.figures import (
    phone as phone,
)
from pwl_tui.wording.figures import (
    rounded as rounded,
)
