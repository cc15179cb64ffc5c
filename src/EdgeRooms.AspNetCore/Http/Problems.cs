using System.Globalization;

using EdgeRooms.Protocol;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>Errors over HTTP: RFC 9457 problem details with the wire's <c>code</c>, <c>retry</c> and <c>retryAfterMs</c>.</summary>
static class Problems
{
    const int RetryAfterMsDefault = 1000;

    /// <summary>The answer for an error, with the status of its code or one given (e.g. 422 for a reused idempotency key).</summary>
    public static IResult Of(RoomError error, int? status = null) => new Problem(error, status ?? Status(error));

    /// <summary>
    /// The HTTP status of an error's code. <c>unavailable</c> without <c>retry</c> is 504: the outcome is unknown, a blind repeat may do it twice.
    /// </summary>
    public static int Status(RoomError error) => error.Code switch
    {
        ErrorCode.BadFrame or ErrorCode.UnknownType or ErrorCode.InvalidRoom => StatusCodes.Status400BadRequest,
        ErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCode.UnknownKind => StatusCodes.Status404NotFound,
        ErrorCode.Rejected or ErrorCode.RoomFull or ErrorCode.NotJoined or ErrorCode.OutOfOrder => StatusCodes.Status409Conflict,
        ErrorCode.Gone => StatusCodes.Status410Gone,
        ErrorCode.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.RateLimited or ErrorCode.OverLimit => StatusCodes.Status429TooManyRequests,
        ErrorCode.Unavailable => error.Retry ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status504GatewayTimeout,
        ErrorCode.Overloaded => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    static string Title(string code)
    {
        string words = code.Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    sealed class Problem(RoomError error, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var headers = httpContext.Response.Headers;
            if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            {
                int seconds = ((error.RetryAfterMs ?? RetryAfterMsDefault) + 999) / 1000;
                headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            if (status == StatusCodes.Status401Unauthorized)
            {
                headers.WWWAuthenticate = "Bearer";
            }

            return TypedResults.Problem(Details()).ExecuteAsync(httpContext);
        }

        ProblemDetails Details()
        {
            var details = new ProblemDetails { Status = status, Title = Title(error.Code), Detail = error.Message, Type = "about:blank" };
            details.Extensions["code"] = error.Code;
            details.Extensions["retry"] = error.Retry;
            if (error.RetryAfterMs is { } milliseconds)
            {
                details.Extensions["retryAfterMs"] = milliseconds;
            }

            return details;
        }
    }
}
