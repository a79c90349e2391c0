"""The credits of the key in force: what is left and where they went."""

from pwl_tui.engine.context import EngineContext
from pwl_tui.engine.money.ledger import Ledger, ledger
from pwl_tui.provider import PROVIDER, Service
from pwl_tui.state.models import BalanceReading


class Credits:
    """Reads balances and keeps the books.

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
            self._store.lookups.unanswered(binding),
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
