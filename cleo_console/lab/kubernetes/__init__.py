"""A real cluster as a service of a lab: etcd, Kubernetes 1.20's own programs, containerd, and a registry of images."""
