"""The credits of the key in force: what is left, where they went, and single checks that cost one each."""

from pwl_tui.api.errors import ApiError
from pwl_tui.api.models import Check
from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.money.ledger import Ledger, ledger
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.state.models import BalanceReading, Binding
from pwl_tui.state.money import Charge
from pwl_tui.text import clean


class Credits:
    """Reads balances, keeps the books, and checks single numbers.

    Args:
        context: the state file and the key.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._store = context.store

    def ledger(self) -> Ledger:
        """Return where the credits of the key in force went.

        Raises:
            EngineError: there is no key.
        """
        binding = self._context.require_account().binding
        in_doubt = [batch.submitted for batch in self._store.batches.in_doubt(binding)]
        return ledger(
            self._store.charges.all(binding),
            self._store.balances.all(binding, PROVIDER.batch_service),
            min((at for at in in_doubt if at is not None), default=None),
        )

    def balance(self, service: Service = PROVIDER.batch_service) -> BalanceReading:
        """Read the credits of one service now, and remember them.

        Raises:
            EngineError: there is no key.
            ApiError: the service cannot be asked.
        """
        account = self._context.require_account()
        balance = account.service().balance(service).balance
        reading = BalanceReading(self._context.clock(), service, balance)
        self._store.balances.add(account.binding, reading)
        return reading

    def lookup(self, number: str) -> Check:
        """Pay one credit for one number, and remember the charge.

        Raises:
            EngineError: there is no key, or nothing may be spent.
            ApiError: the number is refused, or the service cannot be asked.
        """
        account, started = self._context.require_spending(), self._context.clock()
        try:
            check = account.service().check(number, self._context.settings.region)
        except ApiError as error:
            if error.problem.charged == "unknown":
                self._keep_reply(account.binding, error)
            raise
        self._store.charges.add(account.binding, Charge(self._context.clock(), 1, None, None, None, started))
        return check

    def _keep_reply(self, binding: Binding, error: ApiError) -> None:
        """Keep what came for a single check that may have been charged, and say so in the activity."""
        said = clean(error.reply.text, 200)
        detail = f"{error.problem.message} What came: {said}" if said else error.problem.message
        self._store.replies.add_check(binding, error.reply.text, detail, self._context.clock())
