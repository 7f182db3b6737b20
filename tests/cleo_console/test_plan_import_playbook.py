"""What ``cleo plan import`` makes of an Ansible playbook."""

from __future__ import annotations

from pathlib import Path

from tests.cleo_console.test_plan_import import cleo_plan, imported

PLAYBOOK = """\
- name: Stop the application
  hosts: app
  become: true
  vars: {unit: cleoai}
  tasks:
    - name: Is it up
      ansible.builtin.command: systemctl is-active cleoai
    - name: Stop it
      ansible.builtin.systemd: {name: "{{ unit }}", state: stopped}
    - name: Drain
      shell: drain
      when: drain | bool
    - import_tasks: more.yml
  handlers:
    - name: again
      service: {name: x, state: restarted}
"""


def test_a_playbooks_tasks_become_steps(tmp_path: Path) -> None:
    plan, result = imported(tmp_path, PLAYBOOK, name="dr.yml")
    up, stop, drain = plan.steps()
    assert (up.command[-3:], up.destructive) == (["-a", "systemctl is-active cleoai", "--become"], False)
    assert (stop.command[-2], stop.destructive) == ('{"name": "cleoai", "state": "stopped"}', True)
    assert (drain.kind, drain.text) == ("manual", "when: drain | bool")
    assert f"{tmp_path / 'dr.yml'}:13: not taken over: {tmp_path / 'more.yml'} is not there" in result.stderr
    assert f"{tmp_path / 'dr.yml'}:15: not taken over: a handler" in result.stderr


INHERITING = """\
- hosts: [db1, db2]
  become: yes
  become_user: postgres
  vars: {folder: /srv, db_password: hunter22}
  tasks:
    - block:
        - command: ls {{ folder }}
          become: no
        - shell: make restore
          args: {chdir: "{{ folder }}"}
      when: lost
    - shell: "psql -c 'select 1'; rm -r {{ folder }}/x"
    - shell: login --password={{ db_password }}
    - assert: {that: "lookup('pipe', 'rm x')"}
"""


def test_a_task_keeps_what_is_around_it_and_what_only_a_playbook_does_is_named(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("db1\ndb2\n", encoding="utf-8")
    plan, result = imported(tmp_path, INHERITING, name="dr.yml")
    look, make, both, login = plan.steps()
    on = f"ansible db1,db2 -i {tmp_path / 'hosts.ini'}"
    assert (look.kind, look.script, look.text) == ("manual", f"{on} -m command -a 'ls /srv'", "when: lost")
    assert make.script.startswith(f"""{on} -m shell -a '{{"cmd": "make restore", "chdir": "/srv"}}' --become""")
    assert (both.command[-3:], both.destructive) == (["--become", "--become-user", "postgres"], True)
    assert (login.kind, "<secret>" in login.script) == ("manual", True)
    assert [step.needs for step in plan.steps()] == [[], [look.id], [make.id], [both.id]]
    assert "hunter22" not in (tmp_path / "plan.yaml").read_text(encoding="utf-8")
    assert f"{tmp_path / 'dr.yml'}:4: look at this: a password" in result.stderr
    assert f"{tmp_path / 'dr.yml'}:14: not taken over: assert, which only means something" in result.stderr


def test_roles_in_a_circle_end_and_what_is_encrypted_is_named(tmp_path: Path) -> None:
    for name, needed in (("db", "os"), ("os", "db")):
        for part, text in (("tasks", f"- command: make {name}\n"), ("meta", f"dependencies: [{{role: {needed}}}]\n")):
            file = tmp_path / "roles" / name / part / "main.yml"
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
    secret = tmp_path / "roles/db/vars/main.yml"
    secret.parent.mkdir()
    secret.write_text("$ANSIBLE_VAULT;1.1;AES256\n3132\n", encoding="utf-8")
    plan, result = imported(tmp_path, "- hosts: x\n  roles: [db]\n", name="dr.yml")
    assert [step.command[-1] for step in plan.steps()] == ["make os", "make db"]
    assert f"{tmp_path / 'dr.yml'}:2: not taken over: role db depends on itself" in result.stderr
    assert f"not taken over: the variables of {secret}: it is encrypted" in result.stderr


def test_imported_playbooks_aliases_and_octal_numbers_are_read_as_ansible_does(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(
        "- hosts: web\n  tasks:\n  - &keep\n    copy: {content: a, dest: /x, mode: 0600}\n  - *keep\n"
        "  - {<<: *keep, when: far}\n",
        encoding="utf-8",
    )
    plan, result = imported(
        tmp_path,
        "- import_playbook: web.yml\n- {import_playbook: web.yml, when: dr}\n- import_playbook: no.yml\n",
        name="all.yml",
    )
    steps = list(plan.steps())
    assert [step.text for step in steps] == ["", "", "when: far", "when: dr", "when: dr", 'when: ["dr", "far"]']
    assert steps[0].command[-1] == '{"content": "a", "dest": "/x", "mode": "0600"}'
    assert f"{tmp_path / 'all.yml'}:3: not taken over: the playbook no.yml: it is not there" in result.stderr


def test_aliases_that_stand_for_billions_or_for_themselves_are_refused(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    for text in ("\n".join(rows), "- &a {hosts: x, tasks: [*a]}\n"):
        source = tmp_path / "bomb.yml"
        source.write_text(text, encoding="utf-8")
        assert "holds itself, or too much" in str(cleo_plan("import", source).exception)
