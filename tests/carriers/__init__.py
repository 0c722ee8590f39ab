"""Messages and alerts over real networks: a real Mosquitto, real TLS, and proxies that break what passes."""
