"""An independent model of the policy engine."""
