"""Hosts a RADICAL-Pilot session for scalems-top, which talks to it in JSON lines.

Standard input: requests, {"id": 1, "do": "submit", ...}. Standard output: replies, {"reply": 1, "ok": true, ...} or
{"reply": 1, "ok": false, "error": "..."}, and events, {"event": "task", ...}. Needs radical.pilot and the standard
library, Python 3.8 or newer. It ends with its input: tasks are canceled, the pilot ended, the session closed.

Requests that may block run in lanes of their own, so that a cancel never waits for a submission. rp.Session belongs to
the main thread, which is a lane, too.
"""

import importlib.util
import json
import logging
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

# What RP's launcher is to read Slurm's queue with, slurm_reader.py: the host writes it before this program.
SLURM_READER = globals().get("SLURM_READER", "")
PROTOCOL = 1
OLDEST = (1, 90)  # the first with the registry and the queues that closing in order relies on
FUNCTIONS = (1, 103)  # workers of 1.92 and 1.100 took calls and never gave them back
HEARTBEAT = 2.0  # seconds
# A line of a program's output that says why it did not go on; not "# Done, exiting (137)", nor a rule of dashes.
ERROR = re.compile(
    r"^(?!#).*(error|exception|fail|fatal|cannot|can't|unable|invalid|denied|refused|abort|killed|exceed"
    r"|not found|not writ|no such|no space|not permitted|too many|time ?limit|out of memory)",
    re.IGNORECASE,
)
GRACE = float(os.environ.get("SCALEMS_HELPER_GRACE", "5"))  # from SIGTERM to SIGKILL, for a task
# From the end of the input to the moment when everything left is killed.
LAST_RESORT = float(os.environ.get("SCALEMS_HELPER_LAST_RESORT", "75"))
# From the start of an agent to the moment when it is asked again for what it should have done at once.
AGENT_PATIENCE = float(os.environ.get("SCALEMS_HELPER_AGENT_PATIENCE", "20"))


class Wire:
    """Lines to the host: put by any thread, written by one, so that no callback of RP ever waits for the host."""

    def __init__(self):
        # Descriptors that no child inherits: RP and its children may print to 1 and read from 0 as they like.
        self.input = os.fdopen(os.dup(0), "r", encoding="utf-8", errors="replace")
        self.output = os.dup(1)
        os.set_inheritable(self.output, False)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        # RP forks without exec, and such a child would hold the pipe open for longer than this process lives.
        os.register_at_fork(after_in_child=self._close_in_child)
        self.lines = []
        self.changed = threading.Condition()
        self.idle = True
        threading.Thread(target=self._write, name="wire", daemon=True).start()

    def _close_in_child(self):
        for descriptor in (self.output, self.input.fileno()):
            try:
                os.close(descriptor)
            except OSError:
                pass

    def put(self, message):
        line = ENCODE(message)
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def _write(self):
        while True:
            with self.changed:
                while not self.lines:
                    self.idle = True
                    self.changed.notify_all()
                    self.changed.wait()
                self.idle = False
                data, self.lines = "\n".join(self.lines) + "\n", []
            data = memoryview(data.encode("utf-8", "replace"))
            try:
                while data:
                    data = data[os.write(self.output, data) :]
            except OSError:
                pass  # the host is gone; the end of the input says so, too

    def flush(self, seconds=2.0):
        deadline = time.monotonic() + seconds
        with self.changed:
            while (self.lines or not self.idle) and time.monotonic() < deadline:
                self.changed.wait(0.1)


ENCODE = json.JSONEncoder(default=str, separators=(",", ":")).encode


class Refused(Exception):
    """What was asked for cannot be; the text is for people."""

    def __init__(self, text, **details):
        super().__init__(text)
        self.details = details


def explain(error):
    """One line for people."""
    text = str(error).strip() or repr(error)
    return text if isinstance(error, Refused) else "%s: %s" % (type(error).__name__, text)


def shorten(text, limit=600):
    text = text if isinstance(text, str) else ENCODE(text)
    return text if len(text) <= limit else text[: limit // 2] + " … " + text[-limit // 2 :]


class LogPane(logging.Handler):
    """RP's warnings and errors, on their way to the log pane. All of its log is in files of its own."""

    def __init__(self, wire):
        super().__init__(logging.WARNING)
        self.wire = wire
        self.last = None

    def emit(self, record):
        try:
            text = shorten(record.getMessage().strip().replace("\n", " | "), 300)
            # Another port is as good.
            if not text or text == self.last or text.startswith("port in use"):
                return
            self.last = text
            level = "error" if record.levelno >= logging.ERROR else "warning"
            self.wire.put({"event": "log", "level": level, "text": "%s: %s" % (record.name, text)})
        except Exception:
            pass  # a log line must never disturb RP


def watch_logs(wire):
    """RP's loggers do not propagate, so each gets the handler when it is made."""
    pane = LogPane(wire)
    get = logging.getLogger

    def get_logger(name=None):
        logger = get(name)
        if name and name.startswith("radical") and pane not in logger.handlers:
            logger.addHandler(pane)
        return logger

    logging.getLogger = get_logger


# Runs in a worker of the raptor, which sees the directory of the session as this process does.
CALL = """
import hashlib, types
path, wanted = %r, %r
with open(path, "rb") as file:
    program = file.read(1 << 20)
if hashlib.sha256(program).hexdigest() != wanted:
    raise RuntimeError(path + ": it is not the program that was written there, and is not run")
module = types.ModuleType("scalems_call")
exec(compile(program, path, "exec"), module.__dict__)
return module.run(%r)
"""
# Files with this name in a task's directory, and `.started` or `.cancel`, are about one submission of it.
MARK = ".scalems.%s"


class AgentWatch:
    """Says again to an agent of RP what it said to itself and did not hear.

    Before it is active it asks itself to prepare its environment: over a bridge, a moment after it joined that. On a busy
    machine this is too soon, the request is lost (17 of 300 at a load of 24), and the agent waits for good; RP says
    nothing. What it asks for stands in its sandbox, which has to be seen from here.
    """

    NEEDED = ("RP_VENV_TYPE", "RP_VENV_PATH", "PYTHONPATH", "PATH")
    PAUSE = 0.5  # seconds
    EXPORT = re.compile(r'^export (%s)="(.*)"$' % "|".join(NEEDED), re.MULTILINE)

    def __init__(self, uid, sandbox, publish, is_awaited):
        self.uid, self.sandbox, self.publish, self.is_awaited = uid, sandbox, publish, is_awaited

    def holds(self, name):
        return os.path.exists(os.path.join(self.sandbox, name))

    @property
    def is_deaf(self):
        """It is up and has not begun with the first thing it does."""
        return self.holds("agent_0.prof") and not self.holds("env/rp_named_env.rp.env")

    def request(self):
        """What the agent asks itself for; nothing when its environment cannot be read."""
        known = dict(self.EXPORT.findall(end_of(os.path.join(self.sandbox, "env", "agent.env"), 1 << 20)))
        if any(name not in known for name in self.NEEDED):
            return None
        exports = ["export %s=%s" % (name, known[name]) for name in ("PYTHONPATH", "PATH")]
        spec = {"type": known["RP_VENV_TYPE"], "path": known["RP_VENV_PATH"], "pre_exec": exports}
        # An id of our own: when the agent is only slow, and heard itself, it takes no answer to this for its own.
        return dict(uid="scalems.rpc", addr=self.uid, cmd="prepare_env", kwargs={"env_name": "rp", "env_spec": spec})

    def run(self):
        """Until the agent was helped, or is not waited for any more; returns whether it was helped."""
        since = None
        while self.is_awaited():
            since = (since or time.monotonic()) if self.is_deaf else None
            if since and time.monotonic() - since >= AGENT_PATIENCE:
                return self.help()
            time.sleep(self.PAUSE)
        return False

    def help(self):
        request = self.request()
        if not request:
            return False
        self.publish("request", request)
        while self.is_awaited():
            if self.holds("env/rp_named_env.rp.sh"):
                self.publish("result", {"uid": "agent_0.rpc.0000"})  # what it waits for
                return True
            time.sleep(self.PAUSE)
        return False


class Host:
    def __init__(self, wire):
        self.wire = wire
        self.rp = None
        self.session = self.pilots = self.tasks = self.pilot = self.raptor = None
        self.workers, self.worker_descriptions = [], []
        self.canceled_early = set()
        self.here = os.getcwd()
        self.follows_calls = False
        self.begun = set()  # calls
        self.calls = {}  # by the id of the task, the name of its directory
        self.submitted = set()
        self.final = set()
        self.lock = threading.Lock()
        self.pilot_states = []
        self.is_closing = self.is_ending = self.is_abandoned = False
        self.jobs = set()  # all that were seen in the queue
        self.queued = []  # those that are in it
        self.job_ids = []  # what sbatch said
        self.slurm = None  # where RP's launcher finds a better reader of the queue, and notes the jobs it submits
        self.main = queue.Queue()
        self.lanes = {}

    # Requests and where they run.

    LANES = {
        "session": "main",
        "close": "main",
        # One after the other, because RP's client of its registry is no thread's but one; the pilot comes up meanwhile.
        "pilot_manager": "manage",
        "pilot": "manage",
        "task_manager": "manage",
        "raptor": "submit",  # in order with the tasks for it
        "cancel_pilot": "end",
        "jobs": "queue",
        "submit": "submit",
        "cancel": "cancel",
        "hello_raptor": "hello",
        "stop_raptor": "stop",
        "cancel_raptor": "cancel",
    }

    def read(self):
        for line in self.wire.input:
            try:
                request = json.loads(line)
                lane = self.LANES[request["do"]]
            except (ValueError, KeyError, TypeError) as error:
                self.wire.put({"event": "log", "level": "error", "text": "not a request: %r" % error})
                continue
            if request["do"] == "cancel":
                self.note_early(request)
            self.lane(lane).put(request)
        self.is_abandoned = True
        threading.Thread(target=self.last_resort, daemon=True).start()
        self.main.put({"do": "close", "id": None})

    def lane(self, name):
        if name == "main":
            return self.main
        if name not in self.lanes:
            self.lanes[name] = queue.Queue()
            threading.Thread(target=self.serve, args=(self.lanes[name],), name=name, daemon=True).start()
        return self.lanes[name]

    def serve(self, requests):
        while True:
            request = requests.get()
            reply = {"reply": request.get("id"), "ok": True}
            try:
                reply.update(getattr(self, "do_" + request["do"])(request) or {})
            except Exception as error:
                traceback.print_exc()
                reply.update(ok=False, error=shorten(explain(error)), **getattr(error, "details", {}))
            self.wire.put(reply)
            if request["do"] == "close":
                self.wire.flush()
                if self.is_abandoned and request.get("id") is None:
                    self.kill_all()  # what is left, as RP's proxy when its directory is gone: nobody else looks for it
                os._exit(0)  # RP leaves threads behind that would keep the process

    # Session, managers, pilot.

    def do_session(self, request):
        rp = self.rp
        resource, schema = request["resource"], request.get("access_schema")
        # What is wrong in them should not cost a session.
        self.typed({}, request.get("options") or {})
        self.check_resource(resource, schema)
        for name in request.get("modules") or []:
            if not importlib.util.find_spec(name):
                raise Refused("no %s in %s, which the raptor's workers of this class need" % (name, sys.prefix))
        self.session = rp.Session()
        # At once: from here on there is something to sweep.
        self.wire.put({"event": "session", "uid": self.session.uid, "path": self.session.path})
        site, name = resource.split(".", 1)
        config = self.session._rcfgs[site][name]
        if config.get("resource_manager") == "FORK" and request.get("cores"):
            # RP takes this machine for a node of eight cores, whatever the pilot asks for, and fills all of it.
            config["cores_per_node"] = request["cores"]
            config["gpus_per_node"] = request.get("gpus") or 0
            # The components read it there.
            self.session._reg["rcfgs"] = self.session._rcfgs
        if config.get("resource_manager") == "SLURM":
            # A directory that nobody else can exchange, until the job is known.
            self.slurm = tempfile.mkdtemp(prefix="scalems-slurm-")
            with open(os.path.join(self.slurm, "sitecustomize.py"), "w", encoding="utf-8") as file:
                file.write(SLURM_READER)
            # RP's launcher inherits it. A job that Slurm runs again after a node failed is a pilot that RP takes for the
            # one that died. And settings of the user's would hide jobs from squeue.
            for name in [n for n in os.environ if n.startswith("SQUEUE_") or n == "SBATCH_REQUEUE"]:
                del os.environ[name]
            os.environ["SBATCH_NO_REQUEUE"] = "1"
        return {"uid": self.session.uid, "path": self.session.path, "manager": config.get("resource_manager")}

    @staticmethod
    def check_resource(resource, schema):
        import radical.utils

        sites = radical.utils.Config("radical.pilot.resource", name="*", expand=False)
        known = {"%s.%s" % (site, name): config for site in sites for name, config in sites[site].items()}
        if resource not in known:
            raise Refused("RADICAL-Pilot knows no resource '%s'" % resource, names=sorted(known))
        schemas = list(known[resource].get("schemas") or [])
        if schema and schema not in schemas:
            offered = ", ".join(schemas)
            raise Refused("'%s' offers no access schema '%s', but %s" % (resource, schema, offered))

    def do_pilot_manager(self, request):
        before = os.environ.get("PYTHONPATH")
        if self.slurm:
            os.environ["PYTHONPATH"] = os.pathsep.join([self.slurm] + ([before] if before else []))
        try:
            self.pilots = self.rp.PilotManager(session=self.session)
        finally:
            if before is not None:
                os.environ["PYTHONPATH"] = before
            else:
                os.environ.pop("PYTHONPATH", None)
        self.pilots.register_callback(self.on_pilot)
        return {"uid": self.pilots.uid}

    def do_task_manager(self, request):
        self.tasks = self.rp.TaskManager(session=self.session)
        self.tasks.register_callback(self.on_task)
        if self.pilot:
            self.tasks.add_pilots(self.pilot)
            self.keep_tasks()
        return {"uid": self.tasks.uid}

    def keep_tasks(self):
        """RP calls every task FAILED when it thinks that its pilot has ended, which the host knows better: so it does not
        learn of it."""
        try:
            for callbacks in self.pilot._callbacks.values():
                for key, entry in list(callbacks.items()):
                    if entry["cb"] == self.tasks._pilot_state_cb:
                        del callbacks[key]
        except (AttributeError, KeyError, TypeError):
            pass  # another RP, which does as it does

    def do_pilot(self, request):
        description = self.typed(dict(request["description"]), request.get("options") or {})
        description.setdefault("exit_on_error", False)
        self.pilot = self.pilots.submit_pilots(self.rp.PilotDescription(description))
        self.watch_agent(self.pilot)
        return {"uid": self.pilot.uid, "sandbox": path_of(self.pilot.pilot_sandbox), "runtime": description["runtime"]}

    def watch_agent(self, pilot):
        try:
            import radical.pilot.messages as messages
            from radical.utils.zmq import Publisher

            # One of our own: sockets of RP's are used by threads of its own. It has joined long before it is needed.
            channel = "control_pubsub"
            publisher = Publisher(channel, url=self.session._reg["bridges.%s" % channel]["addr_pub"])
            kinds = {"request": messages.RPCRequestMessage, "result": messages.RPCResultMessage}
        except Exception:
            return  # another RP, which has nothing of the kind
        over = [self.rp.PMGR_ACTIVE] + list(self.rp.FINAL)

        def run():
            watch = AgentWatch(
                pilot.uid,
                path_of(pilot.pilot_sandbox),
                lambda kind, fields: publisher.put(channel, kinds[kind](**fields)),
                lambda: not self.is_ending and not self.is_abandoned and pilot.state not in over,
            )
            if watch.run():
                text = "the agent of %s had not heard its own first message and would have waited for good; it was sent again"
                self.wire.put({"event": "log", "level": "warning", "text": text % pilot.uid})

        threading.Thread(target=run, name="agent watch", daemon=True).start()

    def typed(self, description, options):
        """Options are text; RP's own schema says what each should be."""
        schema = self.rp.PilotDescription._schema
        kept = ("uid", "resource", "access_schema")
        plain = sorted(k for k, kind in schema.items() if kind in (str, int, float, bool) and k not in kept)
        for key, text in options.items():
            if key not in plain:
                raise Refused("RADICAL-Pilot knows no pilot option '%s'" % key, names=plain)
            kind = schema[key]
            try:
                description[key] = boolean(text) if kind is bool else kind(text)
            except ValueError:
                word = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
                raise Refused("pilot option '%s' is %s, not '%s'" % (key, word, text))
        if description.get("nodes") and "cores" not in options:
            for key in ("cores", "gpus"):
                description.pop(key, None)
        return description

    def on_pilot(self, pilot, state):
        with self.lock:
            # The first comes twice, and so does the last.
            if state in self.pilot_states:
                return
            self.pilot_states.append(state)
        message = {"event": "pilot", "uid": pilot.uid, "state": state, "t": time.time()}
        message["jobs"] = self.submitted_jobs()
        details = pilot.resource_details or {}
        info = details.get("rm_info") or details
        numbers = {key: value for key, value in info.items() if isinstance(value, (int, float))}
        nodes = info.get("node_list") or []
        if state == self.rp.PMGR_ACTIVE and nodes:
            numbers["nodes"] = len(nodes)
        if numbers:
            message["resources"] = numbers
        if state == self.rp.FAILED:
            message["reason"] = self.pilot_failure(pilot)
        self.wire.put(message)
        if self.slurm and (state == self.rp.PMGR_ACTIVE_PENDING or state in self.rp.FINAL):
            for line in tail(os.path.join(self.slurm, "said")):
                self.wire.put({"event": "log", "level": "info", "text": line})
            self.forget_reader()

    def forget_reader(self):
        """RP's launcher has it, and has submitted the job."""
        if self.slurm:
            self.submitted_jobs()
            shutil.rmtree(self.slurm, ignore_errors=True)
            self.slurm = None

    def submitted_jobs(self):
        """What sbatch said to RP's launcher."""
        if self.slurm:
            self.job_ids = [line for line in tail(os.path.join(self.slurm, "jobs")) if line.isdigit()]
        return self.job_ids

    def pilot_failure(self, pilot):
        """What RP does not say: the end of the launcher's log, of the agent's errors or of the bootstrap."""
        sandbox = path_of(pilot.pilot_sandbox)
        parent = sandbox
        while parent and not os.path.exists(parent):
            parent = os.path.dirname(parent)
        if not os.access(parent or "/", os.W_OK):
            return "%s cannot be written, and RADICAL-Pilot's sandbox would be there (%s)" % (parent or "/", sandbox)
        # The launcher's and then the agent's: what they printed last is often no more than that they end.
        for path in (
            os.path.join(self.session.path, "pmgr_launching.0000.log"),
            os.path.join(sandbox, "agent_0.err"),
            os.path.join(sandbox, "bootstrap_0.err"),
            os.path.join(sandbox, "bootstrap_0.out"),
        ):
            lines = tail(path)
            if path.endswith(".log"):
                # After time, component, process and thread.
                lines = [l.split(" : ")[-1] for l in lines if "ERROR" in l or "rror:" in l]
            lines = [l for l in map(str.strip, lines) if path.endswith(".log") or ERROR.search(l)]
            if any(lines):
                return "%s (%s)" % (shorten(" | ".join([l for l in lines if l][-3:]), 400), path)
        return "no reason given; see %s and %s" % (self.session.path, sandbox)

    def do_jobs(self, request):
        """The batch jobs of the session that are in their queue now: the host looks at that."""
        self.queued = list(request["ids"])
        self.jobs.update(self.queued)

    def do_cancel_pilot(self, request):
        self.is_ending = True
        return {"state": self.end_pilot(float(request.get("timeout") or 20))}

    def end_pilot(self, seconds):
        """Kills it: what ran in it has come to its end, or is not waited for. RP's own cancel waits until an agent has
        told all that it consists of, and a pilot in its queue has none. Of the end of a batch job RP learns when it looks
        at the queue, which it does every 30 s; the host, which looks while it waits for this, knows at once."""
        if not self.pilot:
            return None
        deadline = time.monotonic() + seconds
        again = 0
        while self.pilot.state not in self.rp.FINAL and not (self.jobs and not self.queued):
            now = time.monotonic()
            if now >= deadline:
                return self.pilot.state
            if now >= again:
                # One that comes while RP hands the pilot to its launcher is lost.
                self.pilots.kill_pilots(self.pilot.uid, _timeout=0.01)
                again = now + 5
            time.sleep(0.05)
        state = self.pilot.state if self.pilot.state in self.rp.FINAL else self.rp.CANCELED
        self.on_pilot(self.pilot, state)
        return state

    # Tasks.

    def on_task(self, task, state):
        uid = task.uid
        message = {"event": "task", "uid": uid, "state": state, "t": time.time()}
        is_call = uid in self.calls
        # Of a call RP says this when it has ended; when it began is known better.
        if is_call and state.startswith(("AGENT_EXECUTING", "AGENT_STAGING_OUTPUT", "TMGR_STAGING_OUTPUT")):
            return
        if is_call and state in self.rp.FINAL:
            self.call_began(uid, began(alone(task.return_value)))
        if state in self.rp.FINAL:
            with self.lock:
                # RP rewrites final states when the pilot ends: the first one is how it went.
                if uid in self.final:
                    return
                self.final.add(uid)
            record = task.as_dict()
            description = record.pop("description", None) or {}
            if is_call:
                record["return_value"] = alone(record.get("return_value"))
            for key in ("exception", "exception_detail"):
                if record.get(key):
                    record[key] = shorten(record[key])
            message["record"] = record
            if not is_call and not uid.startswith("raptor."):
                ending = Ending(path_of(task.task_sandbox), description.get("stderr"))
                if state == self.rp.CANCELED and ending.awaited():
                    # RP kills its own scripts; the program gets its grace from `run_task.py`.
                    threading.Thread(target=self.put_when_ended, args=(message, ending), daemon=True).start()
                    return
                ending.complete(record, state)
        self.wire.put(message)

    def put_when_ended(self, message, ending):
        soon = time.monotonic() + GRACE + 3
        late = soon + 60
        while ending.awaited() and not self.is_closing:
            now = time.monotonic()
            if now >= late or (now >= soon and not ending.has_life()):
                break
            time.sleep(0.1)
        ending.complete(message["record"], message["state"])
        self.wire.put(message)

    def note_early(self, request):
        """Tasks on their way to RP: canceled before they are there."""
        with self.lock:
            self.canceled_early.update(u for u in request["uids"] if u not in self.submitted)

    def do_submit(self, request):
        ready = []
        for description in request["tasks"]:
            uid = description["uid"]
            with self.lock:
                if uid in self.canceled_early:
                    self.canceled_early.discard(uid)
                    self.final.add(uid)
                    early = True
                else:
                    self.submitted.add(uid)
                    early = False
            if early:
                self.wire.put({"event": "task", "uid": uid, "state": self.rp.CANCELED, "t": time.time()})
                continue
            try:
                ready.append(self.described(description))
            except Exception as error:
                self.refuse(uid, error)
        if not ready:
            return None
        try:
            self.tasks.submit_tasks(ready)
        except Exception as error:
            if len(ready) == 1:
                return self.refuse(ready[0].uid, error)
            # One bad description fails all of a bulk: find out which.
            for description in ready:
                try:
                    if description.uid not in self.tasks.list_tasks():
                        self.tasks.submit_tasks(description)
                except Exception as single:
                    self.refuse(description.uid, single)
        return None

    def refuse(self, uid, error):
        traceback.print_exc()
        with self.lock:
            self.final.add(uid)
        record = {"exception": "RADICAL-Pilot refused it: " + shorten(explain(error))}
        self.wire.put({"event": "task", "uid": uid, "state": self.rp.FAILED, "t": time.time(), "record": record})

    def described(self, description):
        call = description.pop("call", None)
        if call:
            problem = problem_of_functions(version_text(self.rp))
            if problem:
                raise Refused(problem)
            description["mode"] = self.rp.TASK_EXEC
            uid = description["uid"]
            program, wanted = call.pop("program"), call.pop("hash")
            description["code"] = CALL % (program, wanted, json.dumps(dict(call, mark=MARK % uid)))
            with self.lock:
                self.calls[uid] = description.get("sandbox") or uid
            self.need_workers()
        if "raptor_id" in description and not self.raptor:
            raise Refused("there is no raptor '%s'" % description["raptor_id"])
        result = self.rp.TaskDescription(description)
        result.verify()
        return result

    def do_cancel(self, request):
        with self.lock:
            uids = [u for u in request["uids"] if u in self.submitted and u not in self.final]
            calls = [(u, self.calls[u]) for u in uids if u in self.calls]
        if uids:
            self.tasks.cancel_tasks(uids)
        for uid, name in calls:
            # A worker of RP does not hear of cancels; what runs in it looks for this.
            folder = os.path.join(path_of(self.pilot.pilot_sandbox), name)
            os.makedirs(folder, exist_ok=True)
            mark = os.path.join(folder, MARK % uid)
            if self.claim(mark):
                self.never_started(uid)
            else:
                open(mark + ".cancel", "w").close()

    @staticmethod
    def claim(mark):
        """Whether it has not begun, and so never will."""
        try:
            os.close(os.open(mark + ".claim", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            return True
        except FileExistsError:
            return False

    def never_started(self, uid):
        """Nobody has to wait for a free worker to hear of it."""
        with self.lock:
            if uid in self.final:
                return
            self.final.add(uid)
        record = {"return_value": ENCODE({"ended": "canceled", "started": False})}
        self.wire.put({"event": "task", "uid": uid, "state": self.rp.CANCELED, "t": time.time(), "record": record})

    def follow_calls(self):
        """RP says that a call runs when it has ended: when it begins is in files, one of each machine."""
        here, offsets = self.here, {}
        while not self.is_closing:
            time.sleep(0.5)
            for name in [name for name in os.listdir(here) if name.startswith("calls.")]:
                try:
                    with open(os.path.join(here, name), "rb") as file:
                        file.seek(offsets.get(name, 0))
                        lines = file.read()
                except OSError:
                    continue
                whole = lines[: lines.rfind(b"\n") + 1]
                offsets[name] = offsets.get(name, 0) + len(whole)
                for line in whole.decode("utf-8", "replace").splitlines():
                    self.call_began(*line.split())

    def call_began(self, uid, moment):
        with self.lock:
            if moment is None or uid in self.final or uid in self.begun:
                return
            self.begun.add(uid)
            self.wire.put({"event": "task", "uid": uid, "state": self.rp.AGENT_EXECUTING, "t": float(moment)})

    # Raptor.

    def do_raptor(self, request):
        master = self.rp.TaskDescription(dict(request["description"], mode=self.rp.RAPTOR_MASTER))
        self.raptor = self.pilot.submit_raptors(master)[0]
        self.worker_descriptions = list(request.get("workers") or [])
        self.workers = []
        return {"uid": self.raptor.uid}

    def need_workers(self):
        """Workers hold cores, so they start with the first function."""
        with self.lock:
            descriptions, self.worker_descriptions = self.worker_descriptions, []
        if descriptions:
            made = [self.rp.TaskDescription(dict(d, mode=self.rp.RAPTOR_WORKER)) for d in descriptions]
            if not self.follows_calls:
                self.follows_calls = True
                threading.Thread(target=self.follow_calls, name="calls", daemon=True).start()
            self.workers = self.raptor.submit_workers(made)

    def do_hello_raptor(self, request):
        return {"hello": self.call_raptor("hello", float(request.get("timeout") or 60))}

    def do_stop_raptor(self, request):
        self.call_raptor("stop", float(request.get("timeout") or 10))

    def call_raptor(self, command, seconds):
        """CPI. A call that comes before the master listens, or after its pilot died, never returns: so it is made again
        while there is time, each in a thread of its own."""
        answers = queue.Queue()

        def call():
            try:
                answers.put((True, self.raptor.rpc(command)))
            except Exception as error:
                answers.put((False, error))

        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if self.raptor.state in self.rp.FINAL:
                if command == "stop":
                    return None  # it did, and has nobody left to say so
                raise Refused("the raptor has ended")
            if left <= 0 or self.is_closing:
                raise Refused("the raptor did not answer '%s' within %g s" % (command, seconds))
            threading.Thread(target=call, daemon=True).start()
            try:
                good, answer = answers.get(timeout=min(left, 2.5))
            except queue.Empty:
                continue
            if not good:
                raise answer
            return answer

    def do_cancel_raptor(self, request):
        if self.raptor:
            self.tasks.cancel_tasks([self.raptor.uid] + [w.uid for w in self.workers])

    # The end.

    def do_close(self, request):
        self.is_closing = True
        if request.get("id") is None and self.tasks:
            # Nobody is left who could have ended them.
            live = [uid for uid in self.tasks.list_tasks() if uid not in self.final]
            if live:
                self.tasks.cancel_tasks(live)
                deadline = time.monotonic() + 10
                while time.monotonic() < deadline and any(uid not in self.final for uid in live):
                    time.sleep(0.1)
        if self.pilots and self.pilot:
            # The host, which looks at the queue, waited if it was to wait. When it is gone, Slurm's word is enough.
            is_canceled = request.get("id") is None and self.cancel_jobs()
            self.end_pilot(1 if self.is_ending or is_canceled else 20)
            if self.pilot.state not in self.rp.FINAL:
                # It was told to end, and RP would wait another 11 s for its word.
                self.pilot._state = self.rp.CANCELED
        self.forget_reader()
        if self.session:
            self.session.close(download=False)

    def cancel_jobs(self):
        """Whether there were some, and Slurm took the word."""
        jobs = sorted(self.jobs.union(self.submitted_jobs()))
        if not jobs:
            return False
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            return subprocess.run(["scancel"] + jobs, timeout=15, **silent).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    def last_resort(self):
        """The host is gone and RP does not end: then everything of this session is killed."""
        time.sleep(LAST_RESORT)
        self.cancel_jobs()
        self.kill_all()

    def kill_all(self):
        os.killpg(os.getpid(), signal.SIGKILL)


class Ending:
    """What `run_task.py` and `scalems_stage.py` say of a task, in RP's directory of it."""

    NUMBERS = {"exit_code": int, "signal": int, "user": float, "system": float, "peak_kib": int, "wall": float}

    def __init__(self, directory, stderr):
        self.directory, self.stderr = directory, stderr

    def names(self):
        try:
            return [name for name in os.listdir(self.directory) if name.startswith("end.")]
        except OSError:
            return []

    def awaited(self):
        """Those that have not said it yet."""
        return [name for name in self.names() if name.endswith(".new")]

    def has_life(self):
        """Whether one of them is seen to live: it may be held up for long on a machine that has much to do."""
        for name in self.awaited():
            try:
                host, pid = end_of(os.path.join(self.directory, name), 400).split()
                if host == os.uname().nodename:
                    os.kill(int(pid), 0)
                    return True
            except (OSError, ValueError, OverflowError):
                pass
        return False

    def complete(self, record, state):
        ends = [self.read(name) for name in sorted(self.names()) if not name.endswith(".new")]
        if ends:
            # Of several ranks, whatever is known of any.
            record["end"] = dict(item for end in reversed(ends) for item in end.items())
        lines = [line for line in tail(os.path.join(self.directory, "scalems.problem")) if line.strip()]
        if lines:
            record["problem"] = lines[-1].strip()
        if state == "FAILED" and self.stderr:
            record["stderr"] = end_of(os.path.join(self.directory, self.stderr), 8192)

    def read(self, name):
        end = {}
        for line in tail(os.path.join(self.directory, name)):
            key, _, text = line.partition(" ")
            try:
                end[key] = self.NUMBERS.get(key, str)(text)
            except ValueError:
                pass
        return end


def alone(value):
    """A worker that is an MPI program gives a list, of what each rank of the call returned: it has one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def began(answer):
    """When a call began, as scalems_call.py says it."""
    try:
        return json.loads(answer).get("began")
    except (ValueError, TypeError, AttributeError):
        return None


def boolean(text):
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def path_of(url):
    text = str(url or "")
    if "://" in text:
        text = "/" + text.split("://", 1)[1].partition("/")[2]
    return text.rstrip("/")


def tail(path, size=4000):
    return end_of(path, size).splitlines()


def end_of(path, size):
    try:
        with open(path, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def version_text(rp):
    return getattr(rp, "version_short", None) or str(rp.version)


def version_of(text):
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", text)[:2])


def problem_of_functions(version):
    """Why functions cannot be called with this version, if they cannot."""
    if version_of(version) < FUNCTIONS:
        return "functions need radical.pilot %d.%d or newer, and this is %s" % (FUNCTIONS + (version,))
    return None


def main():
    # It came over the standard input: modules are looked for where Python's own are, not where this runs.
    sys.path[:] = [entry for entry in sys.path if entry]
    wire = Wire()
    host = Host(wire)
    watch_logs(wire)

    def end(number, frame):
        host.main.put({"do": "close", "id": None})

    # Before rp.Session, which saves them: a signal only asks the main thread to close in order.
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    hello = {"event": "hello", "protocol": PROTOCOL, "python": "%d.%d.%d" % sys.version_info[:3], "pid": os.getpid()}
    try:
        import radical.pilot as rp
    except ImportError as error:
        wire.put(dict(hello, error="no radical.pilot in %s (%s)" % (sys.prefix, error)))
        wire.flush()
        os._exit(3)
    version = version_text(rp)
    hello["rp_version"] = version
    if version_of(version) < OLDEST:
        oldest = "%d.%d" % OLDEST
        wire.put(dict(hello, error="radical.pilot %s is too old: %s or newer is needed" % (version, oldest)))
        wire.flush()
        os._exit(3)
    host.rp = rp
    wire.put(dict(hello, no_functions=problem_of_functions(version)))

    def beat():
        while True:
            time.sleep(HEARTBEAT)
            wire.put({"event": "heartbeat"})

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()
    threading.Thread(target=host.read, name="reader", daemon=True).start()
    try:
        host.serve(host.main)
    finally:
        wire.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
