"""`make generate`: write the files that are derived from a source table and kept in the repository.

firmware/policy/settings_rows.py comes from firmware/policy/settings.toml, docs/boards from boards/*/board.toml, the
acts in docs/protocol.md from the handlers. Tests compare them.
"""

from host_tools.generate import board_pages, protocol_page, settings_rows


def main() -> None:
    print(f"wrote {settings_rows.FILE.name}: {settings_rows.write()} settings")
    print(f"wrote docs/boards: {board_pages.write()} boards")
    print(f"wrote docs/protocol.md: {protocol_page.write()} acts")


if __name__ == "__main__":
    main()
