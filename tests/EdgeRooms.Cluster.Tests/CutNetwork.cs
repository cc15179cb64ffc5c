using System.Diagnostics;

namespace EdgeRooms.Cluster.Tests;

/// <summary>
/// A network namespace joined to this machine by a pair of virtual interfaces, in which packets from and to a port can be dropped (nftables), so that who
/// is inside is neither refused nor told.
/// </summary>
sealed class CutNetwork : IAsyncDisposable
{
    readonly string _name = $"er{Environment.ProcessId}";
    readonly int _subnet = Environment.ProcessId % 250;

    public string HostAddress => $"10.201.{_subnet}.1";

    public string InsideAddress => $"10.201.{_subnet}.2";

    /// <summary>What a command starts with to run inside.</summary>
    public IReadOnlyList<string> Inside => ["ip", "netns", "exec", _name];

    /// <summary>Why there is none on this machine, where <see cref="TryMakeAsync"/> gave null.</summary>
    public static string Reason { get; private set; } = "";

    public static async Task<CutNetwork?> TryMakeAsync()
    {
        var network = new CutNetwork();
        try
        {
            await network.MakeAsync();
            return network;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Reason = $"No network namespaces here (root, iproute2 and nftables are needed): {e.Message}";
            await network.DisposeAsync();
            return null;
        }
    }

    /// <summary>Nothing goes to or comes from this port any more, and nobody is told.</summary>
    public Task CutAsync(int port) => RunAsync(
        [.. Inside, "nft", $"add table inet cut; add chain inet cut out {{ type filter hook output priority 0; }}; add chain inet cut in {{ type filter hook input priority 0; }}; "
            + $"add rule inet cut out tcp dport {port} drop; add rule inet cut out tcp sport {port} drop; "
            + $"add rule inet cut in tcp sport {port} drop; add rule inet cut in tcp dport {port} drop"]);

    public Task HealAsync() => RunAsync([.. Inside, "nft", "delete table inet cut"]);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RunAsync(["ip", "netns", "del", _name]);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // was not made
        }
    }

    async Task MakeAsync()
    {
        await RunAsync(["ip", "netns", "add", _name]);
        await RunAsync(["ip", "link", "add", $"{_name}h", "type", "veth", "peer", "name", "inside", "netns", _name]);
        await RunAsync(["ip", "addr", "add", $"{HostAddress}/24", "dev", $"{_name}h"]);
        await RunAsync(["ip", "link", "set", $"{_name}h", "up"]);
        await RunAsync([.. Inside, "ip", "addr", "add", $"{InsideAddress}/24", "dev", "inside"]);
        await RunAsync([.. Inside, "ip", "link", "set", "inside", "up"]);
        await RunAsync([.. Inside, "ip", "link", "set", "lo", "up"]);
        await CutAsync(1);
        await HealAsync();
    }

    static async Task RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!; // never null without UseShellExecute
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: {errors.Trim()}");
        }
    }
}
