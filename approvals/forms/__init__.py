"""The forms of approvals: they check shape, services check truth."""
