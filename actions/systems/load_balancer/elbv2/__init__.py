"""A load balancer of AWS (ELBv2): users are divided by weights of target groups in a forward action."""
