"""What a command works with: settings, state, and engine, opened on first use and closed at the end."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Self

from pwl_tui import config, paths
from pwl_tui.cli.launcher import Launcher
from pwl_tui.cli.output import Output
from pwl_tui.config.tables import STATE_URL_VARIABLE
from pwl_tui.engine.engine import Engine
from pwl_tui.engine.problems import OLDER
from pwl_tui.state.patience import WAITING, Patience
from pwl_tui.state.store import Store

_DEMO_RATE = 150.0
"""Numbers per second: the sample list takes about ten seconds, long enough to watch."""
_DEMO_CONFIG = """
[profiles.default]
region = "{region}"
[polling]
minimum = 0.25
small = [0.25, 0.5]
large = [0.5, 1.0]
requests_per_second = 20.0
"""


class Session:
    """One run of the program.

    Args:
        arguments: as `pwl_tui.cli.main.parsed` returns them.
        output: where to write.
        environ: the environment variables.
        launcher: gives the shell its prompt back before this process ends. None means that there is no
            terminal to open the screen on.
    """

    def __init__(
        self,
        arguments: SimpleNamespace,
        output: Output,
        environ: Mapping[str, str],
        launcher: Launcher | None = None,
    ) -> None:
        self.arguments = arguments
        self.output = output
        self.launcher = launcher
        self._environ = environ
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @property
    def demo(self) -> bool:
        """Whether this is a demo on the simulator."""
        return bool(self.arguments.demo)

    @cached_property
    def config_file(self) -> Path:
        """The configuration file, which need not exist. The demo has its own."""
        if self.demo:
            return self._demo_config
        given: Path | None = self.arguments.config
        return given if given is not None else paths.config_file(self._environ)

    @cached_property
    def settings(self) -> config.Settings:
        """The settings in effect.

        Raises:
            ConfigError: They are invalid.
        """
        settings = config.load(
            config_file=self.config_file if self.demo else self.arguments.config,
            profile=None if self.demo else self.arguments.profile,
            environ=self._environ_in_force,
        )
        for warning in settings.warnings:
            self.output.note(warning)
        return settings

    def save(self, changes: config.Changes, profile: str) -> tuple[config.Settings, Path | None]:
        """Write changed settings to the file, and switch to a profile. See `config.save`."""
        return config.save(self.config_file, changes, profile, environ=self._environ_in_force)

    @property
    def state_directory(self) -> Path:
        """The person's own state directory, which need not exist; the demo does not touch it."""
        given: Path | None = self.arguments.state_dir
        return given.absolute() if given is not None else paths.state_dir(self._environ)

    @cached_property
    def crash_directory(self) -> Path:
        """Where ``crash.log`` goes: the state directory, or for a demo a directory that outlives it."""
        return Path(tempfile.mkdtemp(prefix="pwl-tui-crash-")) if self.demo else self.state_directory

    @cached_property
    def store(self) -> Store:
        """The state file.

        Raises:
            StateError: It cannot be used.
        """
        if self.demo:
            store = Store.open(self._scratch / "state", self.patience)
        else:
            store = Store.open(
                self.state_directory, self.patience, journals=paths.journals_dir(), url=self.state_url
            )
        store.on_older = lambda: self.output.explain(OLDER)
        self._cleanup.callback(store.close)
        return store

    @cached_property
    def patience(self) -> Patience:
        """How long locks are waited for; the person is told."""
        patience = Patience()
        patience.on_wait = lambda: self.output.note(f"{WAITING} Press ctrl+c to stop.")
        return patience

    @property
    def state_url(self) -> str | None:
        """Where the state is, unless it is a file.

        Raises:
            ConfigError: The settings are invalid, and the state may be in a database.
        """
        try:
            return self.settings.state.url or None
        except config.ConfigError:
            # `doctor` checks the file all the same.
            if self._environ.get(STATE_URL_VARIABLE) or Store.in_database(self.state_directory):
                raise
            return None

    @cached_property
    def engine(self) -> Engine:
        """The engine, not yet started."""
        engine = Engine(self.store, self.settings, may_spend=not self.arguments.no_spend)
        self._cleanup.callback(engine.close)
        return engine

    @cached_property
    def sample(self) -> Path:
        """The demo's list, as a file."""
        from pwl_tui.simulator.demo import sample_csv

        path = self._scratch / "sample.csv"
        path.write_text(sample_csv(), encoding="utf-8")
        return path

    @cached_property
    def _scratch(self) -> Path:
        directory = tempfile.TemporaryDirectory(prefix="pwl-tui-demo-", ignore_cleanup_errors=True)
        return Path(self._cleanup.enter_context(directory))

    @cached_property
    def _demo_config(self) -> Path:
        from pwl_tui.simulator.demo import SAMPLE_REGION

        file = self._scratch / "config.toml"
        file.write_text(_DEMO_CONFIG.format(region=SAMPLE_REGION), encoding="utf-8")
        return file

    @cached_property
    def _environ_in_force(self) -> Mapping[str, str]:
        if not self.demo:
            return self._environ
        from pwl_tui.simulator.demo import DEMO_KEY, demo_world
        from pwl_tui.simulator.server import Simulator

        simulator = self._cleanup.enter_context(Simulator(demo_world(rate=_DEMO_RATE)))
        # The person's own key and address must not reach the demo.
        others = {name: value for name, value in self._environ.items() if not name.startswith("PROWEBLOOK_")}
        return others | {"PROWEBLOOK_API_KEY": DEMO_KEY, "PROWEBLOOK_BASE_URL": simulator.base_url}
