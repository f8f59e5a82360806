"""``python -m pystata_hlm``: the command line."""

import sys

from pystata_hlm.front.cli import main

if __name__ == "__main__":
    sys.exit(main())
