using System.Collections.Concurrent;

using EdgeRooms.Diagnostics;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// A router's links to the nodes of the view: one to each, dialled as soon as the node is seen and again while it stands. Asked for ways from any
/// thread; a task for each node keeps its link. Ends with <see cref="StopAsync"/>. Bounded by the view.
/// </summary>
sealed class NodeLinks(
    ClusterWatch watch, LocalLink? local, ILinkDialer dialer, EngineOptions options, TimeProvider clock, ILogger logger) : IRoutes
{
    static readonly TimeSpan RedialAfter = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan CloseWithin = TimeSpan.FromMilliseconds(500);

    readonly ConcurrentDictionary<string, RemoteNode> _links = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<(string Name, long Boot), Task> _keepers = [];
    readonly CancellationTokenSource _stopping = new();
    ClusterView _view = ClusterView.Empty;
    Router? _router;

    Router Router => _router ?? throw new InvalidOperationException("No router is attached.");

    public void Attach(Router router) => _router = router;

    public INodeLink? To(RoomId room)
    {
        foreach (string name in watch.View.Ring.Preferred(room))
        {
            if (ToNode(name) is { } link)
            {
                return link;
            }
        }

        return null;
    }

    public INodeLink? ToNode(string name) =>
        name == local?.NodeName ? local : _links.GetValueOrDefault(name);

    /// <summary>Whether there is a link to every node of the view that takes rooms.</summary>
    public bool IsComplete => watch.View.Ring.Nodes.All(n => ToNode(n) is not null);

    /// <summary>The view was replaced: dials who is new, parts from who is gone, and lets rooms without a way look again. One call at a time.</summary>
    public void OnView(ClusterView view)
    {
        foreach (var member in view.Members.Where(m => m.HasRooms && m.Name != local?.NodeName))
        {
            _keepers.GetOrAdd((member.Name, member.Boot), _ => Task.Run(() => KeepAsync(member)));
        }

        foreach (var (name, link) in _links)
        {
            if (view.Find(name)?.Boot == link.Node.Boot)
            {
                continue;
            }

            if (_view.Find(name) is { IsDraining: true })
            {
                _ = PartAsync(link); // it has handed its rooms over and left
            }
            else
            {
                link.Abort();
            }
        }

        if (_view.Members.Any(m => m.Role != ProcessRole.Node && view.Find(m.Name)?.Boot != m.Boot))
        {
            Router.OnRouterLost();
        }

        _view = view;
        Router.RetryAll();
    }

    /// <summary>Says goodbye to every node; after <paramref name="deadline"/> without a wait for them to hear it.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await _stopping.CancelAsync();
        foreach (var link in _links.Values)
        {
            link.Close();
        }

        var ended = Task.WhenAll(_keepers.Values);
        await Task.WhenAny(ended, Task.Delay(CloseWithin, clock, deadline));
        foreach (var link in _links.Values)
        {
            link.Abort();
        }

        await ended;
    }

    async Task PartAsync(RemoteNode link)
    {
        link.Close();
        await Task.Delay(CloseWithin, clock);
        link.Abort(); // what it did not hear by now it cannot hear: it is stopped, or cut off
    }

    /// <summary>Keeps a link to one boot of a node for as long as it stands.</summary>
    async Task KeepAsync(ClusterMember member)
    {
        bool isTold = false;
        while (!_stopping.IsCancellationRequested && watch.View.Find(member.Name)?.Boot == member.Boot)
        {
            try
            {
                var stream = await dialer.DialAsync(member, _stopping.Token);
                var link = new RemoteNode(stream, member, Router, options.LinkBytes, logger);
                _links[member.Name] = link;
                Router.RetryAll();
                await link.RunAsync();
                _links.TryRemove(new KeyValuePair<string, RemoteNode>(member.Name, link));
                Router.OnLinkLost(link);
            }
            catch (LinkRefusedException e) when (!isTold)
            {
                isTold = true; // an operator must hear of it, not ten times a second
                logger.LinkRefused(e);
            }
            catch (Exception e)
            {
                logger.LinkNotThere(e, member.Name);
            }

            await Task.Delay(RedialAfter, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _keepers.TryRemove((member.Name, member.Boot), out _);
    }
}
