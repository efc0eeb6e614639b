"""`make reset`: removes the demo's data, never under a running demo."""

import shutil
import sys

from embedded import ground
from embedded.leftovers import Register


def main() -> int:
    """Under the lock, after anything left behind has ended."""
    var = ground.data_folder()
    held = ground.lock(var, "it is being reset")
    Register(var / "demo.pids").end_leftovers()
    shutil.rmtree(var)
    held.close()
    print(f"{var} is removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
