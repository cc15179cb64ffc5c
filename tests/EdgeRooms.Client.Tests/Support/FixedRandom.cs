namespace EdgeRooms.Client.Tests.Support;

/// <summary>Always draws the same.</summary>
sealed class FixedRandom : Random
{
    public double Chance { get; set; } = 0.5;

    public override double NextDouble() => Chance;
}
