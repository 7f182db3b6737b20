"""Makes a plan of what a team has: a runbook in Markdown, a folder of scripts, an Ansible playbook."""
