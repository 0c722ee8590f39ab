"""How every service carries a Decision out."""


def discharge(decision, handlers):
    """Carry out an allowed decision's obligations; True if all was done, False if the act is refused.

    handlers: obligation name -> function without arguments. An obligation that the service does not know makes it
    refuse the whole act, so all names are checked before the first one acts."""
    if not decision.allowed:
        return False
    for name in decision.obligations:
        if name not in handlers:
            return False
    for name in decision.obligations:
        handlers[name]()
    return True


def nothing():
    """An obligation that only changes what is drawn beside the content."""
