"""The commands of `ward`: they parse, call and print. They may import all the rest; only cli.py imports them."""
