namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server with little patience and small queues.</summary>
public sealed class SlowServer : RunningServer
{
    public SlowServer()
    {
        Settings["EdgeRooms__Limits__OutboundBytes"] = "65536";
        Settings["EdgeRooms__Limits__DrainSeconds"] = "1";
        Settings["EdgeRooms__Limits__PingSeconds"] = "1";
        Settings["EdgeRooms__Limits__PongSeconds"] = "3";
        Settings["EdgeRooms__Engine__Grace"] = "00:00:00.2";
    }
}
