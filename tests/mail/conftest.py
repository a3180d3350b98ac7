# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the mail tests."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

BUILD = Path(os.environ["APPPASS_BUILD"])
