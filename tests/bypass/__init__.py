"""Every way round the rules that children are known to try, and where it is tried here.

BYPASSES: what is tried, then the tests: `name.toml` is a scenario of tests/scenarios/bypass (each runs on CPython and
on MicroPython, from source and as bytecode), `file.py::test` a test of this folder.

Later, with the firmware on a board: what a file beside boot.py, a raw REPL, the boot button's own boot loader and an
older image can do there (boot.py, the cable's protocol, secure boot). Until then this folder holds what the unix port
can show, and says so in the tests.
"""

BYPASSES = {
    "clock forward past an expiry": ("clock_forward_past_an_expiry.toml",),
    "clock set into a permitted window": ("clock_into_a_permitted_window.toml",),
    "roll back and restart a timer": ("timers_rolled_back.toml",),
    "reboot to reset a timer": ("reboots.toml",),
    "a jump, then a date change": ("a_jump_then_a_new_date.toml",),
    "time-zone change": ("time_zone.toml",),
    "holding the boot button, safe mode": (
        "test_bypasses.py::test_tricks",
        "test_bypasses.py::test_tricks_micropython",
    ),
    "disabling a permission the guard needs": ("a_permission_the_guard_needs.toml",),
    "a rule combination that was never tested": (
        "lost_while_a_payment_waits.toml",
        "talk_over_midnight_and_a_pulled_battery.toml",
        "a_code_by_another_way.toml",
        "roles_and_channels.toml",
        "the_parent_who_reads.toml",
        "the_merchant.toml",
        "withdrawn_in_the_middle.toml",
        "ten_accounts.toml",
    ),
    "installing older firmware": ("test_bypasses.py::test_tricks", "test_bypasses.py::test_tricks_micropython"),
    "factory reset or erase": ("factory_reset.toml", "test_bypasses.py::test_tricks"),
    "PIN guessing or shoulder-surfing": ("guessing.toml",),
    "approving on the guardian's phone": ("the_guardians_phone.toml",),
    "reaching a blocked app by another route": ("another_way_to_a_blocked_app.toml",),
    "USB: Ctrl-C": ("test_bypasses.py::test_ctrl_c_opens_nothing",),
    "USB: raw REPL": ("test_bypasses.py::test_keys_of_the_raw_repl_run_nothing",),
    "USB: a file shadowing a module": ("test_bypasses.py::test_a_file_in_the_watchs_data_shadows_nothing",),
    "corrupting or emptying the policy file": ("corrupted_policy.toml", "test_bypasses.py::test_tricks"),
    "pulling the battery in the middle of a write": ("test_bypasses.py::test_battery_pulled_in_a_write",),
    "splitting an AI session": ("splitting_a_talk.toml",),
    "honest: the clock is fast by mistake": ("honest_fast_clock.toml",),
    "honest: the guardian forgot the password": ("honest_forgotten_password.toml",),
}
