namespace EdgeRooms.Client.Tests.Support;

/// <summary>How a command stands, by a word.</summary>
static class Outcomes
{
    public static string Outcome(this Task<SendResult> sent) => sent.Status switch
    {
        TaskStatus.RanToCompletion => $"seq {sent.Result.Seq}",
        TaskStatus.Canceled => "cancelled",
        TaskStatus.Faulted => (sent.Exception!.InnerException as EdgeRoomsException)?.Code ?? sent.Exception.ToString(),
        _ => "open",
    };

    public static EdgeRoomsException Error(this Task<SendResult> sent) => Assert.IsType<EdgeRoomsException>(sent.Exception?.InnerException);
}
