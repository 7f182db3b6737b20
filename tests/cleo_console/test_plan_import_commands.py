"""What ``cleo plan import`` makes of commands: a look is proved to be one, and a secret gets into no plan."""

from __future__ import annotations

from pathlib import Path

from journal.plan.model import Step
from tests.cleo_console.test_plan_import import imported

ASKED_ABOUT = r"""
curl -XPOST http://a/promote
curl -sd @f http://a
curl --json @f http://a
curl --form f=@f http://a
cat hosts >& /etc/hosts
df -h & rm -r old
cat <(rm -r old)
sort -u -o hosts hosts
df & rm -r x
cat hosts &> /etc/hosts
cat <<EOF > x
cat <<< x
echo $(rm -rf /)
echo "$(rm -rf /)"
echo `rm x`
echo "`rm x`"
ls | xargs rm
find . -delete
find . -exec rm {} +
find . -execdir rm {} \;
find . -fprint x
find . -ok rm {} \;
sed -i s/a/b/ x
sed s/a/b/ -i x
sed -n 'w x' f
sed 's/a/b/w out' f
sed '1e rm x' f
sed 's/a/b/e' f
ls | tee x
kubectl exec p -- rm x
kubectl exec p -- ls
psql -c "DROP TABLE x"
psql -c "drop table x" -c "select 1"
psql -f drop.sql -c "select 1"
psql -c 'select "pg_terminate_backend"(1)'
psql -c "select pg_terminate_backend/**/(1)"
psql -c "select pg_terminate_backend(pid) from pg_stat_activity"
psql -c "select 1 into t"
psql -c "select 1; drop table x"
psql -c "select public.count(1)"
psql -c "\! rm x"
psql -o f -c "select 1"
psql -c "select * from x for update"
awk 'BEGIN{system("rm x")}'
awk '{print $1 > "x"}' f
awk '{print | "sh"}' f
awk -f x.awk
alias ls='rm -rf /'
PATH=/tmp:$PATH ls
PATH=/tmp; ls
LD_PRELOAD=/tmp/x.so ls
PAGER='sh -c "rm x"' git log
GIT_EXTERNAL_DIFF=rm git diff
sudo -u x rm y
sudo rm x
sudo -s
sudo PATH=/tmp ls
ssh host rm x
ssh host ls
ls; rm x
r\m x
ls || rm x
ls && rm x
ls |& rm
ls –la
rm –rf x
kubectl --now delete get
kubectl -v delete get
kubectl delete pod get
kubectl get secret x -o yaml
kubectl get --raw /x
kubectl config view --raw
kubectl cluster-info dump --output-directory=/x
redis-cli flushall ping
redis-cli -h x FLUSHALL ping
redis-cli config set x y
etcdctl del get
etcdctl --endpoints x del get
gcloud compute instances delete list
gcloud compute instances reset describe
docker --tls rm ps
docker rm ps
helm --debug uninstall list
patronictl failover list
restic forget snapshots
restic -r x check
pgbackrest restore info
pgbackrest --stanza=x check
sort --compress-program=sh x
sort -o x y
sort -uo x y
sort -ox y
sort *
uniq a b
date -s 10:00
date 01010000
hostname evil
journalctl --vacuum-size=1G
dmesg -C
ss -K dst x
ss -D f
file -C -m x
crontab -r
ip link set eth0 down
ip netns exec x rm
openssl x509 -in a -out b
openssl s_client -keylogfile x -connect y
terraform plan -out=x
terraform apply
git diff --output=x
git -c core.pager=rm log
git push
aws s3 rm s3://x
aws s3api get-object --bucket b --key k out
aws rds delete-db-instance --db-instance-identifier list-x
aws ec2 terminate-instances --instance-ids describe-x
aws --debug s3 rm list-x
curl -o x http://a/health
curl -so x http://a/health
curl http://a/restart
curl http://a/health?set=down
curl -d @x http://a/health
curl -sd x http://a/health
curl -sSX DELETE http://a/health
curl -K x http://a/health
curl -w '%output{x}' http://a/health
curl -X GET -d x http://a/health
curl -T f http://a/health
curl --upload-file f http://a/status
curl http://a/health http://b/restart
curl http://a/health -o/etc/passwd
./verify.sh
dr_check_status.sh
bash verify.sh
python3 check.py
pytest
/tmp/ls
./ls
~/ls
source x
. x
eval ls
exec ls
command ls
builtin ls
env ls
env rm x
nohup ls
time ls
if true; then rm x; fi
for x in a; do rm x; done
{ rm x; }
(rm x)
! ls
function ls { rm x; }
ls() { rm x; }
trap 'rm x' EXIT; ls
cat < /dev/tcp/a/1
ls > /dev/nullx
ls >/dev/null/../../tmp/x
ls 2>err
ls >| x
ls >& x
ls <> x
cat <(rm x)
ls >(rm)
$X
"$X" y
ls $X
ls $'x'
ls ${x:=y}
ls $((x=1))
ls !$
tar xf x
tar tf db1:x
velero backup logs x
curl http://a/restart/
curl http://a/status/../restart
echo flushall | nc redis 6379
echo quit | openssl s_client -connect a:25
crontab
crontab x
tar --to-command=rm -tf x
unzip x
gzip x
mount /dev/x /y
service x restart
service x restart status
systemctl restart x
systemctl --now disable status
systemctl stop status
nc -l 80
nc -e sh x 1
printf x
export LD_PRELOAD=/x; ls
set -o vi; ls
set -- rm; ls
mongosh --eval "db.dropDatabase()"
mongosh --eval "rs.status();db.x.drop()"
mysql -e "drop table x"
mysql -e "select 1 into outfile 'x'"
velero restore create --from-backup get
watch rm
rm --help
evil --version
./evil --version
{ls,-la}
sort {-o,x} y
sort [-]o x y
tail x ; kill 1
ls%0arm
busybox rm x
command -v ls
ls;rm x
echo a>b
echo a 1>b
""".strip().splitlines()
"""Each of them changes something, or may."""
ASKED_ABOUT_TOO = [
    "ls /a \\\n; rm x",
    "find . -del\\\nete",
    "cat <<EOF | sh\nrm x\nEOF",
    "ls /a\rrm x",
    "ls \u2013la",
    "cat \u202e/etc/x",
    "ls\u00a0-la /a",
    "echo A=x; sort $A",
    "X=-o; sort $X a b",
    "alias ls='rm -r'\nls /a",
]
LOOKS = r"""
kubectl -n prod get pods -o wide
kubectl get pods -A | grep -v Running
kubectl logs -n x deploy/y --tail=100
curl -sSX GET http://a/health
curl -s -o /dev/null -w "%{http_code}" https://x/
journalctl -u db --since "1 hour ago" --no-pager | tail -50
dmesg -T | grep -i oom
journalctl -u db
dmesg
ss -tln
sort -u hosts
ss -tulpn | grep 5432
sudo systemctl status x --no-pager
sudo -u postgres psql -c "SELECT pg_is_in_recovery();"
psql -h db1 -U x -d y -c "select count(*) from t where a > now()"
df -h /var 2>/dev/null
find /backups -name '*.gz' -mtime -1
redis-cli -h x INFO replication
etcdctl endpoint status --cluster -w table
docker logs --tail 50 x
aws rds describe-db-instances --db-instance-identifier x
patronictl -c /etc/patroni.yml list
openssl s_client -connect x:443 </dev/null | openssl x509 -noout -dates
NS=prod; kubectl get pods -n "$NS"
cat /etc/hosts | awk '{print $1}'
sed -n '1,10p' x
nc -zv db1 5432
df -h; free -m # look
kubectl get pods # look
""".strip().splitlines()


def steps_of(folder: Path, commands: list[str]) -> list[list[Step]]:
    """Import a runbook with an item for each command; return the steps of each."""
    names = [f"Case {chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(len(commands))]
    items = "".join(f"## {name}\n\n```bash\n{text}\n```\n\n" for name, text in zip(names, commands, strict=True))
    plan, _ = imported(folder, f"# R\n\n{items}")
    sections = {section.title: section.steps for phase in plan.phases for section in phase.sections}
    phases = {phase.title: [step for section in phase.sections for step in section.steps] for phase in plan.phases}
    return [(phases | sections)[name] for name in names]


def is_a_look(step: Step) -> bool:
    return bool(step.command) and not step.destructive


def test_what_may_change_something_is_asked_about(tmp_path: Path) -> None:
    commands = ASKED_ABOUT + ASKED_ABOUT_TOO
    made = steps_of(tmp_path, commands)
    assert [command for command, steps in zip(commands, made, strict=True) if all(map(is_a_look, steps))] == []


def test_what_is_known_to_look_only_is_not_asked_about(tmp_path: Path) -> None:
    made = steps_of(tmp_path, LOOKS)
    assert [command for command, steps in zip(LOOKS, made, strict=True) if not all(map(is_a_look, steps))] == []
    assert (made[-1][0].command, made[-1][0].title) == (["kubectl", "get", "pods"], "look")


LETS_IN = r"""
openssl enc -d -pass pass:S3CRET -in x
rabbitmqctl change_password guest S3CRET
echo "root:S3CRET" | chpasswd
echo S3CRET | sudo -S systemctl restart x
ansible-vault decrypt --vault-password-file <(echo S3CRET) x
mysql -e "SET PASSWORD FOR 'x' = 'S3CRET'"
influx -username a -password S3CRET
cqlsh -u a -p S3CRET
smbclient //x/y -U user%S3CRET
htpasswd -b f user S3CRET
snmpwalk -v2c -c S3CRET host
curl -d x https://hooks.slack.com/services/T0/B0/S3CRET
"""
TELLS = """
- **API key:** S3CRET
- Passwort: `S3CRET`
- The password is S3CRET
- Login: admin / S3CRET

| System | Root password | Host |
|---|---|---|
| db | S3CRET | db1 |
| web | S3CRET-2 | web1 |
"""
TELLS_NOTHING = """
1. The password is stored in Vault
2. Login: https://console.example.org / then Databases
3. Token: see the vault

| Name | Password |
|---|---|
| db | <ask Ada> |
"""


def test_no_secret_gets_into_a_plan_however_it_is_written(tmp_path: Path) -> None:
    rows = LETS_IN.strip().splitlines()
    _, result = imported(tmp_path, "# R\n\n```sh\n" + LETS_IN.strip() + "\n```\n" + TELLS)
    assert "S3CRET" not in (tmp_path / "plan.yaml").read_text(encoding="utf-8") + result.stderr
    assert result.stderr.count("it is not in the plan") == len(rows) + 6
    _, result = imported(tmp_path, "# R\n" + TELLS_NOTHING)
    assert "it is not in the plan" not in result.stderr
