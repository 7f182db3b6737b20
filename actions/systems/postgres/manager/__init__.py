"""Actions on what manages a server: pause it, resume it, rebuild its replicas, have it switch over."""
