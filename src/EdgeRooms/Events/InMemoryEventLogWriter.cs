using EdgeRooms.Cluster;

namespace EdgeRooms.Events;

/// <summary>A lane of <see cref="InMemoryEventLog"/>, with the fence number it was opened under.</summary>
sealed class InMemoryEventLogWriter(InMemoryStore store, InMemoryEventLog log, NodeIdentity node, int lane, long number)
    : IEventLogWriter
{
    public async Task<IReadOnlyList<AppendConflict>> AppendAsync(IReadOnlyList<RoomAppend> batch)
    {
        var how = log.TakeSwitch();
        if (log.BeforeAppend is { } hook)
        {
            await hook(batch);
        }

        switch (how.Kind)
        {
            case InMemoryAppendKind.Conflict:
                return [.. batch.Select((a, i) => new AppendConflict(i, ActualVersion(a)))];
            case InMemoryAppendKind.RollBack:
                throw new AppendRolledBackException("Out of disk (switch).", isData: false);
            case InMemoryAppendKind.RollBackData:
                throw new AppendRolledBackException("Bad JSON (switch).", isData: true);
            case InMemoryAppendKind.UnknownNotCommitted:
                throw new IOException("Connection lost, nothing stored (switch).");
            case InMemoryAppendKind.UnknownCommitted:
                Commit(batch);
                throw new IOException("Connection lost after the commit (switch).");
            case InMemoryAppendKind.Hang:
                return await CommitWhenReleasedAsync(batch, how.Release ?? Task.CompletedTask);
            default:
                return Commit(batch);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async Task<IReadOnlyList<AppendConflict>> CommitWhenReleasedAsync(IReadOnlyList<RoomAppend> batch, Task release)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (store.Gate)
        {
            store.InFlight[(node.Name, lane)] = ended.Task;
        }

        try
        {
            await release;
            return Commit(batch);
        }
        finally
        {
            lock (store.Gate)
            {
                store.InFlight.Remove((node.Name, lane));
            }

            ended.SetResult();
        }
    }

    long ActualVersion(RoomAppend append)
    {
        lock (store.Gate)
        {
            return store.VersionOf(append.Activation.Stream);
        }
    }

    List<AppendConflict> Commit(IReadOnlyList<RoomAppend> batch)
    {
        lock (store.Gate)
        {
            if (store.Fences.GetValueOrDefault((node.Name, lane)) != number)
            {
                throw new NodeFencedException($"Lane {lane} of node {node.Name} has a newer writer or was fenced off.");
            }

            if (log.RefusesEvent is { } refuses && batch.Any(a => a.Groups.Any(g => g.Events.Any(refuses))))
            {
                throw new AppendRolledBackException("The database refuses an event's JSON (switch).", isData: true);
            }

            var conflicts = new List<AppendConflict>();
            for (int i = 0; i < batch.Count; i++)
            {
                long version = store.VersionOf(batch[i].Activation.Stream);
                if (version != batch[i].ExpectedVersion)
                {
                    conflicts.Add(new AppendConflict(i, version));
                    continue;
                }

                Store(batch[i]);
            }

            return conflicts;
        }
    }

    void Store(RoomAppend append)
    {
        var (room, epoch) = (append.Activation.Room, append.Activation.Epoch);
        if (append.EventCount > 0 && !store.Streams.ContainsKey(append.Activation.Stream))
        {
            store.Streams[append.Activation.Stream] = new InMemoryStream();
        }

        foreach (var group in append.Groups)
        {
            foreach (var e in group.Events)
            {
                var stream = store.Streams[append.Activation.Stream];
                stream.Events.Add(new StoredEvent(++stream.Version, e.Type.Name, e.Body, EventHeadersJson.Read(e.Headers), e.At));
            }

            foreach (var change in group.Alarms)
            {
                Change(room, change);
            }

            if (group.Mark is { } mark)
            {
                store.Marks[(room, epoch, mark.Session)] = mark;
            }
        }
    }

    void Change(RoomId room, AlarmChange change)
    {
        if (change.Due is { } due)
        {
            store.Alarms[(room, change.Name)] = new Alarm(change.Id, room, change.Name, due);
        }
        else if (store.Alarms.TryGetValue((room, change.Name), out var alarm) && alarm.Id == change.Id)
        {
            store.Alarms.Remove((room, change.Name));
        }
    }
}
