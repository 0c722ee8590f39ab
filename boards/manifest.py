# For a custom MicroPython build that holds the whole firmware (docs/maker.md, "The hardened path"):
#
#     make -C micropython/ports/esp32 BOARD=ESP32_GENERIC_S3 BOARD_VARIANT=SPIRAM_OCT \
#         FROZEN_MANIFEST=wardwatch/boards/manifest.py
#
# The port's own manifest comes first: without it asyncio and others would be missing.
include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821

# boot.py and main.py by their own names, so that they run before, and in place of, any on the flash.
module("boot.py", base_path="../firmware")  # noqa: F821
module("main.py", base_path="../firmware")  # noqa: F821
package("firmware", base_path="..", opt=3)  # noqa: F821
