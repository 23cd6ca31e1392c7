// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_profile.hpp"

#include <doctest/doctest.h>

using namespace cmw::shared;

TEST_CASE("the shared files of the AWS command line are read as it reads them") {
    const auto credentials = parse_aws_profiles("# comment\n"
                                                "lost = 1\n"
                                                "[default]\r\n"
                                                "aws_access_key_id=AKIA1\r\n"
                                                "aws_secret_access_key = a+b/c= # comment\n"
                                                "s3 =\n"
                                                "  max_concurrent_requests = 20\n"
                                                "; comment\n"
                                                "no value\n"
                                                "\n"
                                                "[ other ] # comment\n"
                                                "aws_access_key_id = AKIA2#x\n"
                                                "aws_access_key_id = AKIA3\n"
                                                "[broken\n"
                                                "aws_access_key_id = AKIA4",
                                                AwsFile::credentials);
    CHECK(credentials.size() == 2);
    CHECK(credentials.at("default") == AwsProfile{{"aws_access_key_id", "AKIA1"},
                                                  {"aws_secret_access_key", "a+b/c="},
                                                  {"s3", ""}});
    CHECK(credentials.at("other") == AwsProfile{{"aws_access_key_id", "AKIA3"}});
}

TEST_CASE("in the config file profiles are called so") {
    const auto config = parse_aws_profiles("[default]\nregion = eu\n[profile a b]\nregion = us\n"
                                           "[profile\ty]\nregion = y\n[x]\nregion = x\n"
                                           "[profile]\nregion = z\n[profiles q]\nregion = q\n"
                                           "[sso-session s]\nsso_region = w\n",
                                           AwsFile::config);
    CHECK(config.size() == 3);
    CHECK(config.at("default").at("region") == "eu");
    CHECK(config.at("a b").at("region") == "us");
    CHECK(config.at("y").at("region") == "y");
}
