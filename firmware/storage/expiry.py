"""What has expired, erased: the keys of a class and, for evidence, the files that they opened."""


def expire(files, keys, vault, cls: str, before_month: int) -> None:
    """Erase the keys of a class older than a month, then the evidence files."""
    vault.forget()
    old = [(cls, month) for month in keys.numbers(cls) if month < before_month]
    if old:
        keys.change(old)
    if cls == "e":
        for name in files.names():
            if name[0] == "e" and name[1:].isdigit() and int(name[1:]) < before_month:
                files.remove(name)
