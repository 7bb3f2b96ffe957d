# SPDX-License-Identifier: Apache-2.0
"""All rows of the CAVP files, of which test_key_cavp.py runs a part."""
from py import test_key_cavp as cavp
from py.test_key_cavp import Cavp  # noqa: F401: this is the suite

cavp.STRIDE = 1
setUpModule, tearDownModule = cavp.setUpModule, cavp.tearDownModule
