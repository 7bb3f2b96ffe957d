# SPDX-License-Identifier: Apache-2.0
"""
The workloads, in the order in which they run. Each module has

  NAME    the word for --only
  SHORT   whether bench-short has it
  run(b)  measures: b.compare(...) and b.note(...) put what was found into the results

A workload that needs what is not here raises tools.Skip with the reason.
"""
from . import (get_secret, set_secret, slow_disk, mixed, list_page, sign, wrap_aes, issue_p256, import_pfx, connect, token, challenge,
               flood, roles, whole, start, scale_secrets, scale_vaults, growth)

TABLE = (get_secret, set_secret, slow_disk, mixed, list_page, sign, wrap_aes, issue_p256, import_pfx, connect, token, challenge, flood,
         roles, whole, start, scale_secrets, scale_vaults, growth)
