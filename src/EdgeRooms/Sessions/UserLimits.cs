using System.Collections.Concurrent;
using System.Threading.RateLimiting;

using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// What each user may still do in this process: commands a second, connections, new rooms an hour. Any thread. Users without a connection are
/// forgotten after an hour without a request, by <see cref="Sweep"/>.
/// </summary>
sealed class UserLimits(LimitOptions limits, TimeProvider clock) : INewRoomLimit
{
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    readonly ConcurrentDictionary<string, Budget> _budgets = new(StringComparer.Ordinal);

    /// <summary>Null where a command may go; else the time until one may.</summary>
    public TimeSpan? TakeCommand(string user) => BudgetOf(user).TakeCommand();

    /// <summary>Whether one more ephemeral or presence frame may go; they have the commands' rate, counted apart, and are dropped over it.</summary>
    public bool TakeEphemeral(string user) => BudgetOf(user).TakeEphemeral();

    public bool TryAddConnection(string user)
    {
        var budget = BudgetOf(user);
        if (Interlocked.Increment(ref budget.Connections) <= limits.ConnectionsPerUser)
        {
            return true;
        }

        Interlocked.Decrement(ref budget.Connections);
        return false;
    }

    public void RemoveConnection(string user) => Interlocked.Decrement(ref BudgetOf(user).Connections);

    public TimeSpan? TakeNewRoom(string user) => BudgetOf(user).TakeNewRoom(limits.NewRoomsPerUserPerHour);

    /// <summary>Forgets users that are gone; called once a minute or so.</summary>
    public void Sweep()
    {
        foreach (var (user, budget) in _budgets)
        {
            if (Volatile.Read(ref budget.Connections) == 0 && clock.GetElapsedTime(budget.UsedAt) > Hour
                && _budgets.TryRemove(new KeyValuePair<string, Budget>(user, budget)))
            {
                budget.Dispose();
            }
        }
    }

    Budget BudgetOf(string user)
    {
        var budget = _budgets.GetOrAdd(user, static (_, self) => new Budget(self.Item1, self.Item2), (limits, clock));
        budget.UsedAt = clock.GetTimestamp();
        return budget;
    }

    sealed class Budget : IDisposable
    {
        readonly TokenBucketRateLimiter _commands;
        readonly TokenBucketRateLimiter _ephemerals;
        readonly TimeProvider _clock;
        readonly double _perSecond;
        readonly Queue<long> _newRooms = new();
        public int Connections;

        public Budget(LimitOptions limits, TimeProvider clock)
        {
            _clock = clock;
            _perSecond = limits.CommandsPerSecond;

            // Whole tokens at whole periods: ten milliseconds where the rate is high enough, else the time of one command.
            int tokens = Math.Max(1, limits.CommandsPerSecond / 100);
            var bucket = new TokenBucketRateLimiterOptions
            {
                TokenLimit = Math.Max(limits.CommandBurst, tokens),
                TokensPerPeriod = tokens,
                ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / _perSecond),
                AutoReplenishment = false,
                QueueLimit = 0,
            };
            _commands = new TokenBucketRateLimiter(bucket);
            _ephemerals = new TokenBucketRateLimiter(bucket);
        }

        public long UsedAt { get; set; }

        public TimeSpan? TakeCommand()
        {
            _commands.TryReplenish();
            using var lease = _commands.AttemptAcquire();
            return lease.IsAcquired ? null : TimeSpan.FromMilliseconds(Math.Max(10, 1000 / _perSecond));
        }

        public bool TakeEphemeral()
        {
            _ephemerals.TryReplenish();
            using var lease = _ephemerals.AttemptAcquire();
            return lease.IsAcquired;
        }

        public TimeSpan? TakeNewRoom(int perHour)
        {
            lock (_newRooms)
            {
                while (_newRooms.TryPeek(out long at) && _clock.GetElapsedTime(at) > Hour)
                {
                    _newRooms.Dequeue();
                }

                if (_newRooms.Count >= perHour)
                {
                    return _newRooms.TryPeek(out long oldest) ? Hour - _clock.GetElapsedTime(oldest) : Hour;
                }

                _newRooms.Enqueue(_clock.GetTimestamp());
                return null;
            }
        }

        public void Dispose()
        {
            _commands.Dispose();
            _ephemerals.Dispose();
        }
    }
}
