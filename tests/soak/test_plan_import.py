"""What ``cleo plan import`` makes of a playbook is run by Ansible itself, on this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cleo_console.test_plan_import import imported

PLAYBOOK = """\
- name: Bring it back
  hosts: lab
  gather_facts: false
  vars: {{place: {folder}}}
  pre_tasks:
    - ping:
  roles: [db]
  tasks:
    - shell: pwd | tee {{{{ place }}}}/here
      args: {{chdir: /usr}}
    - file: {{path: "{{{{ place }}}}/touched", state: touch}}
    - file: {{path: "{{{{ place }}}}/never", state: touch}}
      when: false
    - command: cat {{{{ place }}}}/db.conf
"""
ROLE = """\
- copy: {src: db.conf, dest: "{{ target }}"}
"""


def test_the_commands_of_imported_tasks_run_as_in_the_playbook(tmp_path: Path) -> None:
    made = tmp_path / "made"
    for folder in ("made", "roles/db/tasks", "roles/db/files", "roles/db/defaults"):
        (tmp_path / folder).mkdir(parents=True)
    local = f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}"
    (tmp_path / "hosts.ini").write_text(f"[lab]\n{local}\n", encoding="utf-8")
    (tmp_path / "roles/db/tasks/main.yml").write_text(ROLE, encoding="utf-8")
    (tmp_path / "roles/db/files/db.conf").write_text("port = 5432\n", encoding="utf-8")
    (tmp_path / "roles/db/defaults/main.yml").write_text('target: "{{ place }}/db.conf"\n', encoding="utf-8")
    plan, _ = imported(tmp_path, PLAYBOOK.format(folder=made), name="dr.yml")
    printed = {}
    for step in plan.steps():
        if step.command:
            done = subprocess.run(step.command, capture_output=True, text=True, cwd="/", timeout=120)
            assert done.returncode == 0, (step.id, done.stdout, done.stderr)
            printed[step.id] = done.stdout
    assert sorted(file.name for file in made.iterdir()) == ["db.conf", "here", "touched"], "nothing with a condition"
    assert (made / "here").read_text(encoding="utf-8") == "/usr\n"
    assert printed[next(reversed(printed))].splitlines()[-1] == "port = 5432"
