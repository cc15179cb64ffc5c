namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server with small queues that never cuts a socket within a test.</summary>
public sealed class PatientServer : RunningServer
{
    public PatientServer()
    {
        Settings["EdgeRooms__Limits__OutboundBytes"] = "65536";
        Settings["EdgeRooms__Limits__ResumeEvents"] = "1000";
        Settings["EdgeRooms__Engine__TailBytes"] = "65536";
    }
}
