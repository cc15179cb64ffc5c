namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server whose clients meet every limit soon.</summary>
public sealed class LimitedServer : RunningServer
{
    public LimitedServer()
    {
        Settings["EdgeRooms__Limits__CommandsPerSecond"] = "20";
        Settings["EdgeRooms__Limits__CommandBurst"] = "5";
        Settings["EdgeRooms__Limits__RoomsPerConnection"] = "2";
        Settings["EdgeRooms__Limits__ConnectionsPerUser"] = "2";
        Settings["EdgeRooms__Limits__NewRoomsPerUserPerHour"] = "2";
        Settings["EdgeRooms__Limits__FrameBytes"] = "2048";
        Settings["EdgeRooms__Rooms__pair__Use"] = "relay";
        Settings["EdgeRooms__Rooms__pair__MaxMembers"] = "2";
    }
}
