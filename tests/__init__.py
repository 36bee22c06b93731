"""Tests of Porchlight.

Processes that tests start keep what Python compiled, and so does pytest, also where the environment says otherwise:
to compile the same modules in every process anew would be a good part of the tests' time.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
