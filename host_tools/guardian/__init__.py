"""What a guardian's computer makes of a watch: rules, contacts, journal, evidence, inbox. It may import `link`."""
