using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>
/// What an operator may ask of the whole cluster, at any process that takes clients: <c>Authorization: Bearer</c> with <c>EdgeRooms__Admin__Token</c>, else
/// 401. Without that setting (outside Development) there is nothing under <c>/admin</c>.
/// </summary>
static class AdminEndpoints
{
    const int SubjectCharsMax = 256;
    const int NameCharsMax = 128;
    const int DataBytesMax = 16 * 1024;

    /// <summary>A process that was away for longer than this closes the user's sockets no more; they have been re-opened or are gone.</summary>
    static readonly TimeSpan KickMattersFor = TimeSpan.FromMinutes(1);

    /// <summary>A token's own end is not known here, so it stays revoked for as long as a session lives.</summary>
    static readonly TimeSpan RevokeMattersFor = SessionIssuer.Lifetime;

    public static void MapAdmin(this IEndpointRouteBuilder endpoints, string? token)
    {
        if (token is null)
        {
            return;
        }

        byte[] expected = Encoding.UTF8.GetBytes($"Bearer {token}");
        var admin = endpoints.MapGroup("/admin");
        admin.AddEndpointFilter(async (context, next) => CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(context.HttpContext.Request.Headers.Authorization.ToString()), expected)
            ? await next(context)
            : Problems.Of(new RoomError(ErrorCode.Unauthenticated, "Bring EdgeRooms__Admin__Token as Authorization: Bearer.")));
        admin.MapGet("", (ClusterProcess process) => TypedResults.Json(Cluster(process)));
        admin.MapGet("/cluster", (ClusterProcess process) => TypedResults.Json(Cluster(process)));
        admin.MapPost("/kick", (ClusterProcess process, KickOrder order, CancellationToken stop) =>
            GiveAsync(process, OrderKind.Kick, order.User, "", KickMattersFor, stop));
        admin.MapPost("/revoke", (ClusterProcess process, RevokeOrder order, CancellationToken stop) => order switch
        {
            { Token: { } id, Session: null } => GiveAsync(process, OrderKind.RevokeToken, id, "", RevokeMattersFor, stop),
            { Session: { } id, Token: null } => GiveAsync(process, OrderKind.RevokeSession, id.Split('.')[0], "", RevokeMattersFor, stop),
            _ => Task.FromResult(Bad("Give either 'token' (its jti) or 'session'.")),
        });
        admin.MapPost("/announce", AnnounceAsync);
        admin.MapFallback(() => Problems.Of(new RoomError(ErrorCode.InvalidRoom, "There is GET /admin, and POST /admin/kick, /admin/revoke, /admin/announce.")));
    }

    static Task<IResult> AnnounceAsync(ClusterProcess process, AnnounceOrder order, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(order.Name) || order.Name.Length > NameCharsMax)
        {
            return Task.FromResult(Bad($"Give a 'name' of 1 to {NameCharsMax} characters."));
        }

        string detail = JsonSerializer.Serialize(new { name = order.Name, data = order.Data });
        return Encoding.UTF8.GetByteCount(detail) > DataBytesMax
            ? Task.FromResult(Bad($"An announcement has at most {DataBytesMax} bytes."))
            : GiveAsync(process, OrderKind.Announce, order.Kind, detail, KickMattersFor, stop);
    }

    static async Task<IResult> GiveAsync(
        ClusterProcess process, OrderKind kind, string? subject, string detail, TimeSpan mattersFor, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(subject) || subject.Length > SubjectCharsMax)
        {
            return Bad($"Say whom it is about, in 1 to {SubjectCharsMax} characters.");
        }

        try
        {
            await process.OrderAsync(kind, subject, detail, mattersFor, stop);
            return TypedResults.NoContent();
        }
        catch (Exception e) when (Events.Outage.Is(e))
        {
            return Problems.Of(new RoomError(ErrorCode.Unavailable, "The database is away; give the order again.", Retry: true, RetryAfterMs: 1000));
        }
    }

    static object Cluster(ClusterProcess process) => new
    {
        version = process.View.Version,
        members = process.View.Members.Select(m => new
        {
            name = m.Name,
            boot = m.Boot,
            role = m.Role.ToString().ToLowerInvariant(),
            address = m.Address,
            draining = m.IsDraining,
            weight = m.Weight,
        }),
        rooms = process.Rooms?.Count ?? 0,
        connections = process.ConnectionCount,
    };

    static IResult Bad(string message) => Problems.Of(new RoomError(ErrorCode.BadFrame, message));

    sealed record KickOrder(string? User);

    sealed record RevokeOrder(string? Token, string? Session);

    sealed record AnnounceOrder(string? Kind, string? Name, JsonElement? Data);
}
