using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

public sealed class ApiVersionsTests
{
    [Theory]
    [InlineData((short)5)]
    [InlineData((short)99)]
    public void NotServed_AsAWholeFrame_IsVersion0ByteForByte(short askedVersion)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        var start = Frame.Begin(ref writer);
        ResponseHeader.Write(ref writer, ApiKey.ApiVersions, askedVersion, correlationId: 0x01020304);
        ApiVersionsResponse.NotServed.Write(ref writer, 0);
        Frame.End(ref writer, start);

        Assert.Equal(
            "00000010" + "01020304" + "0023" + "00000001" + "0012" + "0000" + "0004", Convert.ToHexString(buffer.Written));
    }

    [Fact]
    public void Read_ErrorUnsupportedVersion_IsReadAsVersion0WhateverWasAsked()
    {
        var reader = new WireReader(Convert.FromHexString("0023" + "00000001" + "0012" + "0000" + "0004"));
        var response = ApiVersionsResponse.Read(ref reader, 4);
        Assert.Equal(0, reader.Remaining);
        Assert.Equal(new(ApiKey.ApiVersions, 0, 4), Assert.Single(response.Apis));
    }

    [Fact]
    public void Served_Version3_HasAnOldHeaderAndACompactBody()
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ResponseHeader.Write(ref writer, ApiKey.ApiVersions, 3, correlationId: 7);
        ApiVersionsResponse.Served.Write(ref writer, 3);
        var hex = Convert.ToHexString(buffer.Written);

        Assert.StartsWith("00000007" + "0000" + "0B" + "0000" + "0000" + "000B" + "00" + "0001" + "0004" + "000C" + "00", hex);
        Assert.EndsWith("0020" + "0001" + "0004" + "00" + "00000000" + "00", hex);
    }

    [Theory]
    [InlineData("librdkafka", "2.0.2", true)]
    [InlineData("a", "1", true)]
    [InlineData("", "1", false)]
    [InlineData("-a", "1", false)]
    [InlineData("a.", "1", false)]
    [InlineData("a b", "1", false)]
    [InlineData("a", "1\n", false)]
    public void HasValidNames_FromVersion3_FollowsThePattern(string name, string version, bool valid)
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = name, ClientSoftwareVersion = version };
        Assert.Equal(valid, request.HasValidNames(3));
        Assert.True(request.HasValidNames(2));
    }
}
