"""Policy enforcement points towards people, networks and the child's screen. Each act holds a Decision."""
