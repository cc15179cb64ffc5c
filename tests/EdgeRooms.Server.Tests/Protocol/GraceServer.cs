namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server with a short grace for members whose socket broke.</summary>
public sealed class GraceServer : RunningServer
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public GraceServer()
    {
        Settings["EdgeRooms__Engine__Grace"] = Grace.ToString("c");
        Settings["EdgeRooms__Limits__ConnectionsPerUser"] = "2000";
    }
}
