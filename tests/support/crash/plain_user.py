"""
Python as a user to whom file permissions apply: `python plain_user.py ARGUMENTS…` is `python ARGUMENTS…`.

Root may write everywhere because of one capability; what root starts after giving it away is held to the permissions
like anybody else.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1

if __name__ == "__main__":
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        sys.exit("root could not give its right to write everywhere away")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
