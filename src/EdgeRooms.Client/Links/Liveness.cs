namespace EdgeRooms.Client.Links;

/// <summary>
/// Whether anybody is at the other end of a connection that does not say so itself: silence is asked after by a ping, and requests must be answered.
/// Its timers are its link's, which clears them with the connection.
/// </summary>
sealed class Liveness(Func<TimeSpan> now, Timers timers, Requests requests, Action ping, Action onDead)
{
    static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(5);

    /// <summary>A timer later than this says that the machine slept, so that nobody could have been heard.</summary>
    static readonly TimeSpan Slept = TimeSpan.FromSeconds(2);

    TimeSpan _heardAt;

    public void Heard() => _heardAt = now();

    /// <summary>The server sends <c>head</c> with each of its pings, so a longer silence than that is worth a question.</summary>
    public void Watch(TimeSpan every) => timers.Set("silence", every * 1.5, _ =>
    {
        if (now() - _heardAt >= every && !timers.Has("pong"))
        {
            Probe();
        }

        Watch(every);
    });

    /// <summary>Every request is answered within seconds, by the protocol. What is not was lost, and a new connection asks again.</summary>
    public void ExpectAnswer()
    {
        if (!timers.Has("answer"))
        {
            timers.Set("answer", AnswerWithin, OnAnswerDue);
        }
    }

    void Probe()
    {
        var asked = now();
        ping();
        timers.Set("pong", PongWithin, late =>
        {
            if (_heardAt >= asked)
            {
                return;
            }

            if (late > Slept)
            {
                Probe(); // we slept, not the server
            }
            else
            {
                onDead();
            }
        });
    }

    void OnAnswerDue(TimeSpan late)
    {
        if (requests.OldestAt is not { } oldestAt)
        {
            return;
        }

        var left = oldestAt + AnswerWithin - now();
        if (left <= TimeSpan.Zero && late <= Slept)
        {
            onDead();
            return;
        }

        timers.Set("answer", left > PongWithin ? left : PongWithin, OnAnswerDue);
    }
}
