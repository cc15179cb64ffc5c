namespace EdgeRooms.Cluster;

/// <summary>
/// Something that every process is told to do, kept until it no longer matters: a signal says that there is one, who missed it reads it later.
/// </summary>
/// <param name="Id">Rises with each order; 0 for one that is not given yet.</param>
/// <param name="Subject">Whom it is about: a user, a token's <c>jti</c>, a session, a kind.</param>
/// <param name="Detail">More of it: an announcement's frame parts as JSON.</param>
/// <param name="At">When it was given, by the database's clock.</param>
/// <param name="Until">When it no longer matters.</param>
sealed record Order(long Id, OrderKind Kind, string Subject, string Detail, DateTimeOffset At, DateTimeOffset Until);

/// <summary>What an order tells to do. The names are stored.</summary>
enum OrderKind
{
    /// <summary>Close the user's connections that were open when it was given (4001).</summary>
    Kick,

    /// <summary>Take the token no more, and close the connections that it opened.</summary>
    RevokeToken,

    /// <summary>Let nobody come back as this session, and close its connection.</summary>
    RevokeSession,

    /// <summary>Send an ephemeral frame to every member of every room of the kind.</summary>
    Announce,
}

/// <summary>Port: the orders that all processes share. Any thread.</summary>
interface IOrders
{
    /// <summary>Gives an order to all processes, which act on it within seconds. Throws where the database is away.</summary>
    Task GiveAsync(OrderKind kind, string subject, string detail, TimeSpan mattersFor, CancellationToken cancellation);

    /// <summary>Orders that still matter with an id above <paramref name="after"/>, in their order.</summary>
    Task<IReadOnlyList<Order>> ReadAsync(long after, CancellationToken cancellation);
}

/// <summary>Orders in an <see cref="Events.InMemoryStore"/>.</summary>
sealed class InMemoryOrders(Events.InMemoryStore store) : IOrders
{
    public Task GiveAsync(OrderKind kind, string subject, string detail, TimeSpan mattersFor, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            var now = store.Time.GetUtcNow();
            store.Orders.Add(new Order(store.Orders.Count + 1, kind, subject, detail, now, now + mattersFor));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Order>> ReadAsync(long after, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            return Task.FromResult<IReadOnlyList<Order>>([.. store.Orders.Where(o => o.Id > after && o.Until > store.Time.GetUtcNow())]);
        }
    }
}
