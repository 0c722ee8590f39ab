"""The tools on the guardian's and the developer's computer: the `ward` command and the builds.

They import the firmware's own modules where the two ends must agree, hence the shims.
"""

import simulator  # noqa: F401 (installs the shims)
