using EdgeRooms.Diagnostics;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster;

/// <summary>
/// Acts on the orders of all processes in this one: looks every two seconds, and at once when a signal hints. A loop of its own. An order may be
/// seen twice and is acted on once; ids may become visible out of turn, so each look goes back over the last ones.
/// </summary>
sealed class OrderWatch(IOrders orders, Revocations revocations, Router? router, TimeProvider clock, ILogger logger)
{
    /// <summary>Ids that may still be on their way behind the highest seen.</summary>
    const int Overlap = 256;

    static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    readonly Pulse _pulse = new(Every, clock);
    readonly SortedSet<long> _done = [];

    public void Hint() => _pulse.Hint();

    public Task RunAsync(CancellationToken stopping) => _pulse.RunAsync(LookAsync, logger.OrdersNotRead, stopping);

    public async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var order in await orders.ReadAsync(_done.Count > 0 ? _done.Max - Overlap : 0, cancellation))
        {
            if (_done.Add(order.Id))
            {
                Act(order);
            }
        }

        while (_done.Count > 2 * Overlap)
        {
            _done.Remove(_done.Min);
        }
    }

    void Act(Order order)
    {
        switch (order.Kind)
        {
            case OrderKind.Kick:
                router?.Kick(order.Subject, order.At);
                break;
            case OrderKind.RevokeToken:
                revocations.AddToken(order.Subject, order.Until);
                router?.CloseToken(order.Subject);
                break;
            case OrderKind.RevokeSession:
                revocations.AddSession(order.Subject, order.Until);
                router?.CloseSession(order.Subject);
                break;
            case OrderKind.Announce:
                router?.Announce(order.Subject, order.Detail);
                break;
        }
    }
}
