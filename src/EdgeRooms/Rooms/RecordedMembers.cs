using System.Text.Json;

namespace EdgeRooms;

/// <summary>A member entered; in the stream of kinds that record their members. A state may have an <c>Apply</c> for it.</summary>
/// <param name="Member">The member's id.</param>
/// <param name="User">Its user.</param>
/// <param name="Data">Its presence data.</param>
public sealed record MemberJoined(string Member, string User, JsonElement? Data);

/// <summary>A recorded member left.</summary>
/// <param name="Member">The member's id.</param>
/// <param name="User">Its user.</param>
/// <param name="Reason"><c>left</c>, <c>lost</c> or <c>removed</c>.</param>
public sealed record MemberLeft(string Member, string User, string Reason);
