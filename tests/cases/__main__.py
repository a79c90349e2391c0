"""Print each case with what is expected and what came: ``python -m tests.cases [SUBJECT]``."""

import sys
import tempfile
from pathlib import Path

from tests.cases.every import CASES


def main() -> int:
    """Print the table; return 1 if a case is not as expected."""
    wanted, wrong, count = sys.argv[1:], 0, 0
    for subject, cases in CASES.items():
        if wanted and subject not in wanted:
            continue
        print(subject)
        for case in cases:
            with tempfile.TemporaryDirectory() as directory:
                got = case.get(Path(directory))
            right = got == case.expected
            print(f"  {'ok' if right else 'NO':3} {case.name}: {case.expected}")
            if not right:
                print(f"      got: {got}")
            wrong += not right
            count += 1
    print(f"{count - wrong} of {count} as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
