namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server whose tokens grant nothing by themselves.</summary>
public sealed class TokenServer : RunningServer
{
    public TokenServer()
    {
        Settings["EdgeRooms__Auth__DefaultRights"] = "relay/open: join; counter/*: join, send";
        Settings["EdgeRooms__Limits__AuthenticationSeconds"] = "1";
    }
}
